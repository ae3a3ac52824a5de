"""Filling that is broken off when nobody waits for it any more, and what is not broken off."""

import asyncio
import base64
import json
import threading
import tracemalloc

import numpy as np
import pytest

from deepgin.service import service as room

pytestmark = pytest.mark.anyio


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
    told = {"image": files["picture"], "mask": files["mask"], "prompt": "x" * (8 << 20)}
    headers = {"Content-Type": "application/json"}
    content = json.dumps(told).encode()
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
