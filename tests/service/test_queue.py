"""Waiting, gathering, being full, late, loading or ending, and what clients have left."""

import asyncio
import base64
import json
import threading
import tracemalloc

import numpy as np
import pytest

from deepgin.errors import WeightsError
from deepgin.service import service as room
from deepgin.service.settings import Limits
from deepgin.weights.model import Model

pytestmark = pytest.mark.anyio


async def test_what_is_there_goes_together_and_has_the_bytes_it_has_alone(
    serving, held, held_class, upload, until
):
    sizes = [(29, 37), (29, 37), (20, 30), (29, 37), (48, 40)]
    files = [upload(*size, seed) for seed, size in enumerate(sizes)]
    async with serving(runtime=held) as c:
        held.go.clear()
        before = asyncio.create_task(c.post("/v1/inpaint", files=files[0]))
        await until(held.begun.is_set)
        tasks = [asyncio.create_task(c.post("/v1/inpaint", files=one)) for one in files]
        await until(lambda: len(c.app.state.service._gatherer._queue) == 5)
        held.go.set()
        answers = [await task for task in tasks]
        assert [answer.status_code for answer in (await before, *answers)] == [200] * 6
        metrics = (await c.get("/metrics")).text
    assert len(held.batches) == 1 + 3  # one for each size that the network sees
    assert "deepgin_batch_size_sum 6.0" in metrics
    assert "deepgin_batch_size_count 2.0" in metrics
    assert "deepgin_queue_seconds_count 6.0" in metrics
    assert "deepgin_fill_seconds_count 2.0" in metrics
    assert "deepgin_queue_length 0.0" in metrics
    async with serving(runtime=held_class(), gather_seconds=0) as c:
        for answer, one in zip(answers, files, strict=True):
            assert (await c.post("/v1/inpaint", files=one)).content == answer.content


async def test_a_runtime_that_takes_one_by_one_gets_them_so(serving, held_class, upload):
    runtime = held_class(group_pixels=0)
    async with serving(runtime=runtime, gather_seconds=0.3) as c:
        await asyncio.gather(*(c.post("/v1/inpaint", files=upload(seed=i)) for i in range(4)))
        assert "deepgin_batch_size_count 4.0" in (await c.get("/metrics")).text


async def test_when_it_is_full(serving, held, upload, sentence, until):
    async with serving(runtime=held, limits=Limits(queue=3)) as c:
        held.go.clear()
        service = c.app.state.service
        tasks = [asyncio.create_task(c.post("/v1/inpaint", files=upload())) for _ in range(3)]
        await until(lambda: service.taken == 3)
        answer = await c.post("/v1/inpaint", files=upload())
        sentence(answer, 429)
        assert int(answer.headers["retry-after"]) >= 1
        assert (await c.get("/healthz")).status_code == 200
        assert "deepgin_queue_length 3.0" in (await c.get("/metrics")).text
        held.go.set()
        assert [(await task).status_code for task in tasks] == [200] * 3
        assert (await c.post("/v1/inpaint", files=upload())).status_code == 200


async def test_when_it_waits_too_long(serving, held, upload, sentence, until):
    async with serving(runtime=held, limits=Limits(seconds=0.8), together=1) as c:
        held.go.clear()
        first = asyncio.create_task(c.post("/v1/inpaint", files=upload()))
        await until(held.begun.is_set)
        answer = await c.post("/v1/inpaint", files=upload())
        sentence(answer, 503)
        assert int(answer.headers["retry-after"]) >= 1
        held.go.set()
        assert (await first).status_code == 200  # what was begun is not broken off
        assert len(held.batches) == 1
        assert c.app.state.service.taken == 0


@pytest.mark.parametrize(("error", "status"), [(RuntimeError("/tmp"), 500), (MemoryError(), 503)])
async def test_one_that_fails_does_not_harm_the_others(
    serving, held_class, upload, encoded, sentence, error, status
):
    def fails(picture):
        if picture.max() == 7:
            raise error

    bad = {**upload(), "picture": ("a.png", encoded(np.full((29, 37, 3), 7, np.uint8)))}
    wrong = {**upload(), "mask": ("m.png", encoded(np.full((29, 37), 255, np.uint8)))}
    async with serving(runtime=held_class(fails=fails), gather_seconds=0.3) as c:
        answers = await asyncio.gather(
            *(c.post("/v1/inpaint", files=one) for one in (upload(), bad, wrong, upload(seed=2)))
        )
        assert [answers[0].status_code, answers[3].status_code] == [200, 200]
        sentence(answers[1], status)
        sentence(answers[2], 422)
        assert (await c.get("/readyz")).status_code == (await c.get("/healthz")).status_code == 200
        assert f'code="{status}",path="/v1/inpaint"}} 1.0' in (await c.get("/metrics")).text


async def test_before_the_network_is_there_and_at_the_end(serving, held, upload, sentence, until):
    async with serving(runtime=held, ready=False) as c:
        for answer in (await c.get("/readyz"), await c.get("/v1/models")):
            sentence(answer, 503)
        answer = await c.post("/v1/inpaint", files=upload())
        sentence(answer, 503)
        assert answer.headers["retry-after"] == "2"
        assert (await c.get("/healthz")).status_code == 200
        await c.app.state.service.settled.wait()
        assert (await c.get("/readyz")).status_code == 200
        held.go.clear()
        taken = asyncio.create_task(c.post("/v1/inpaint", files=upload()))
        await until(held.begun.is_set)
        c.app.state.service.drain()
        sentence(await c.get("/readyz"), 503)
        sentence(await c.post("/v1/inpaint", files=upload()), 503)
        assert (await c.get("/healthz")).status_code == 200
        held.go.set()
        assert (await taken).status_code == 200


async def test_weights_that_are_not_there(serving, upload, sentence, tmp_path, caplog):
    async with serving(model=Model(tmp_path / "none.safetensors")) as c:
        service = c.app.state.service
        assert isinstance(service.failure, WeightsError)
        for answer in (
            await c.get("/readyz"),
            await c.post("/v1/inpaint", files=upload()),
            await c.get("/v1/models"),
        ):
            sentence(answer, 503)
        sentence(await c.get("/healthz"), 503)
    assert "none.safetensors" in caplog.text


@pytest.fixture
def many_crops(encoded, photo):
    """The files of a request that the network takes in nine batches, one after another."""
    picture, mask = photo(300, 300), np.zeros((300, 300), np.uint8)
    mask[20::100, 20::100] = 255
    return {"picture": ("a.png", encoded(picture)), "mask": ("m.png", encoded(mask))}


@pytest.fixture
def one_by_one(held_class):
    runtime = held_class(group_pixels=0)
    yield runtime
    runtime.go.set()


async def left(c, runtime, until, *requests):
    """Let requests come, be begun, and be hung up."""
    runtime.go.clear()
    runtime.begun.clear()
    tasks = [asyncio.create_task(c.post("/v1/inpaint", **one)) for one in requests]
    await until(runtime.begun.is_set)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert c.app.state.service.taken == 0
    runtime.go.set()


async def test_what_its_only_client_has_left_stops_at_the_next_batch(
    serving, one_by_one, many_crops, upload, until
):
    request = {"files": many_crops, "data": {"fit": "crop"}}
    async with serving(runtime=one_by_one) as c:
        assert (await c.post("/v1/inpaint", **request)).status_code == 200
        assert len(one_by_one.batches) == 9
        one_by_one.batches.clear()
        await left(c, one_by_one, until, request)
        assert (await c.post("/v1/inpaint", files=upload())).status_code == 200
        assert len(one_by_one.batches) == 2
        assert (await c.get("/healthz")).status_code == 200


async def test_what_another_client_waits_for_goes_on(serving, held_class, many_crops, until):
    runtime = held_class(group_pixels=32 * 32)
    request = {"files": many_crops, "data": {"fit": "crop"}}
    async with serving(runtime=runtime, gather_seconds=0.2) as c:
        alone = await c.post("/v1/inpaint", **request)
        runtime.go.clear()
        runtime.begun.clear()
        tasks = [asyncio.create_task(c.post("/v1/inpaint", **request)) for _ in range(2)]
        await until(runtime.begun.is_set)
        tasks[0].cancel()
        runtime.go.set()
        assert (await tasks[1]).content == alone.content
        assert len(runtime.batches) == 9 + 18
        assert "deepgin_batch_size_sum 3.0" in (await c.get("/metrics")).text
        await left(c, runtime, until, request, request)
        assert (await c.post("/v1/inpaint", **request)).status_code == 200
        assert len(runtime.batches) == 9 + 18 + 1 + 9


async def test_texture_is_broken_off_too(serving, one_by_one, upload, until):
    """After the network has filled, before the end."""
    request = {"files": upload(), "data": {"texture": "on"}}
    async with serving(runtime=one_by_one) as c:
        await left(c, one_by_one, until, request)
        assert (await c.post("/v1/inpaint", **request)).status_code == 200
        assert len(one_by_one.batches) == 2
        assert "deepgin_fill_seconds_count 1.0" in (await c.get("/metrics")).text


async def test_a_picture_counts_until_its_decoding_has_ended(
    serving, held, upload, until, monkeypatch
):
    go, begun = threading.Event(), threading.Event()

    def slow(*arguments):
        begun.set()
        assert go.wait(20)
        raise ValueError("nobody hears it")

    monkeypatch.setattr(room, "read", slow)
    async with serving(runtime=held) as c:
        service = c.app.state.service
        budget = service._budget
        task = asyncio.create_task(c.post("/v1/inpaint", files=upload()))
        await until(begun.is_set)
        task.cancel()
        await asyncio.sleep(0.05)
        assert (service.taken, budget.free < budget.whole) == (1, True)
        go.set()
        await until(lambda: service.taken == 0)
        assert budget.free == budget.whole


async def test_of_a_json_body_only_the_files_stay(serving, held, upload, until):
    files = {name: base64.b64encode(file[1]).decode() for name, file in upload().items()}
    body = {"image": files["picture"], "mask": files["mask"], "prompt": "x" * (8 << 20)}
    headers = {"Content-Type": "application/json"}
    content = json.dumps(body).encode()
    async with serving(runtime=held) as c:
        held.go.clear()
        tracemalloc.start()
        try:
            task = asyncio.create_task(c.post("/api/v1/inpaint", content=content, headers=headers))
            await until(held.begun.is_set)
            assert tracemalloc.get_traced_memory()[0] < 4 << 20
        finally:
            tracemalloc.stop()
        held.go.set()
        assert (await task).status_code == 200
