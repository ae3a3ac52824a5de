"""Waiting, gathering, and being full, late, loading or ending."""

import asyncio

import numpy as np
import pytest

from deepgin.errors import WeightsError
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
        found = [await task for task in tasks]
        assert [answer.status_code for answer in (await before, *found)] == [200] * 6
        metrics = (await c.get("/metrics")).text
    assert len(held.batches) == 1 + 3  # one for each size that the network sees
    assert "deepgin_batch_size_sum 6.0" in metrics
    assert "deepgin_batch_size_count 2.0" in metrics
    assert "deepgin_queue_seconds_count 6.0" in metrics
    assert "deepgin_fill_seconds_count 2.0" in metrics
    assert "deepgin_queue_length 0.0" in metrics
    async with serving(runtime=held_class(), gather_seconds=0) as c:
        for answer, one in zip(found, files, strict=True):
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
        assert "3 requests are being served" in sentence(answer, 429)
        assert int(answer.headers["retry-after"]) >= 1
        assert (await c.get("/healthz")).status_code == 200
        assert "deepgin_queue_length 3.0" in (await c.get("/metrics")).text
        held.go.set()
        assert [(await task).status_code for task in tasks] == [200] * 3
        assert (await c.post("/v1/inpaint", files=upload())).status_code == 200


async def test_when_it_waits_too_long(serving, held, upload, sentence, until):
    limits = Limits(seconds=1.5)
    async with serving(runtime=held, limits=limits, together=1) as c:
        held.go.clear()
        first = asyncio.create_task(c.post("/v1/inpaint", files=upload()))
        await until(held.begun.is_set)
        answer = await c.post("/v1/inpaint", files=upload())
        assert "not filled in time" in sentence(answer, 503)
        assert int(answer.headers["retry-after"]) >= 1
        held.go.set()
        assert (await first).status_code == 200  # what was begun is not broken off
        assert len(held.batches) == 1
        assert c.app.state.service.taken == 0


async def test_a_body_that_does_not_come(serving, held, upload, sentence):
    async def slow():
        yield b"--x\r\n"
        await asyncio.sleep(20)

    async with serving(runtime=held, limits=Limits(seconds=0.2)) as c:
        kind = {"Content-Type": "multipart/form-data; boundary=x", "Expect": "100-continue"}
        answer = await c.post("/v1/inpaint", content=slow(), headers=kind)
        assert "too long to arrive" in sentence(answer, 408)
        assert c.app.state.service.taken == 0


async def test_one_that_fails_does_not_harm_the_others(
    serving, held_class, upload, encoded, sentence
):
    def fails(picture):
        if picture.max() == 7:
            raise RuntimeError("at /secret/place")

    bad = {**upload(), "picture": ("a.png", encoded(np.full((29, 37, 3), 7, np.uint8)))}
    wrong = {**upload(), "mask": ("m.png", encoded(np.full((29, 37), 255, np.uint8)))}
    async with serving(runtime=held_class(fails=fails), gather_seconds=0.3) as c:
        found = await asyncio.gather(
            *(c.post("/v1/inpaint", files=one) for one in (upload(), bad, wrong, upload(seed=2)))
        )
        assert [found[0].status_code, found[3].status_code] == [200, 200]
        words = sentence(found[1], 500)
        assert "secret" not in words
        assert "log" in words
        sentence(found[2], 422)
        assert (await c.get("/healthz")).status_code == 200
        assert 'code="500",path="/v1/inpaint"} 1.0' in (await c.get("/metrics")).text


async def test_memory_that_runs_out(serving, held_class, upload, sentence):
    def fails(picture):
        raise MemoryError

    async with serving(runtime=held_class(fails=fails)) as c:
        assert "memory" in sentence(await c.post("/v1/inpaint", files=upload()), 503)
        assert (await c.get("/readyz")).status_code == 200


async def test_before_the_network_is_there_and_at_the_end(serving, held, upload, sentence, until):
    async with serving(runtime=held, ready=False) as c:
        for answer in (await c.get("/readyz"), await c.get("/v1/models")):
            assert "being loaded" in sentence(answer, 503)
        answer = await c.post("/v1/inpaint", files=upload())
        assert "being loaded" in sentence(answer, 503)
        assert answer.headers["retry-after"] == "2"
        assert (await c.get("/healthz")).status_code == 200
        await c.app.state.service.settled.wait()
        assert (await c.get("/readyz")).status_code == 200
        held.go.clear()
        taken = asyncio.create_task(c.post("/v1/inpaint", files=upload()))
        await until(held.begun.is_set)
        c.app.state.service.drain()
        assert "is ending" in sentence(await c.get("/readyz"), 503)
        assert "is ending" in sentence(await c.post("/v1/inpaint", files=upload()), 503)
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
            assert "cannot be loaded" in sentence(answer, 503)
        sentence(await c.get("/healthz"), 503)
    assert "none.safetensors: no such weights file" in caplog.text
