"""A service at a real port: hang-ups, slow and cut-off uploads, refusals while a body comes."""

import asyncio
import json
import threading

import httpx
import numpy as np
import pytest
import uvicorn

from deepgin.inpainting import Inpainter
from deepgin.service import service as room
from deepgin.service.app import create_app
from deepgin.service.server import address_at, config_of, listen
from deepgin.service.settings import Limits, Settings

pytestmark = pytest.mark.anyio


@pytest.fixture
def live(held):
    """Starts a service over the held runtime, waits for it; gives its address and its state."""
    started = []

    async def start(**settings):
        made = Settings(**settings)
        app = create_app(made, inpainter=Inpainter(runtime=held))
        socket = listen("127.0.0.1", 0)
        server = uvicorn.Server(config_of(app, made))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
        thread.start()
        started.append((server, thread, socket))
        async with asyncio.timeout(20):
            while not app.state.service.loaded:
                await asyncio.sleep(0.02)
        return address_at(socket), app.state.service

    yield start
    held.go.set()
    for server, thread, socket in started:
        server.should_exit = True
        thread.join(20)
        socket.close()
        assert not thread.is_alive()


def request_of(files):
    """Return the bytes of a POST with these files."""
    made = httpx.Request("POST", "http://127.0.0.1/v1/inpaint", files=files)
    head = "".join(f"{name}: {value}\r\n" for name, value in made.headers.items())
    return f"POST /v1/inpaint HTTP/1.1\r\n{head}\r\n".encode() + made.read()


async def connected(address):
    url = httpx.URL(address)
    return await asyncio.open_connection(url.host, url.port)


async def test_one_that_hangs_up_is_dropped_before_it_is_filled(live, held, upload, until):
    address, service = await live(together=1)
    held.go.clear()
    async with httpx.AsyncClient(base_url=address, timeout=30) as c:
        first = asyncio.create_task(c.post("/v1/inpaint", files=upload()))
        await until(held.begun.is_set)
        _, writer = await connected(address)
        writer.write(request_of(upload()))
        await writer.drain()
        await until(lambda: service.taken == 2)
        last = asyncio.create_task(c.post("/v1/inpaint", files=upload(seed=3)))
        await until(lambda: service.taken == 3)
        writer.close()
        await until(lambda: service.taken == 2)
        held.go.set()
        assert [(await first).status_code, (await last).status_code] == [200, 200]
        assert len(held.batches) == 2
        text = (await c.get("/metrics")).text
    assert 'deepgin_requests_total{code="499",path="/v1/inpaint"} 1.0' in text


async def test_an_upload_that_is_cut_off_takes_no_place(live, upload, until):
    address, service = await live()
    whole = request_of(upload(200, 300))
    for share in (0.3, 0.9):
        _, writer = await connected(address)
        writer.write(whole[: int(len(whole) * share)])
        await writer.drain()
        writer.close()
    async with httpx.AsyncClient(base_url=address) as c, asyncio.timeout(20):
        while 'code="499",path="/v1/inpaint"} 2.0' not in (await c.get("/metrics")).text:
            assert service.taken == 0
        assert (await c.post("/v1/inpaint", files=upload())).status_code == 200


async def ended(reader):
    """Return all that comes until the server closes the connection."""
    return await asyncio.wait_for(reader.read(), 8)


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET /healthz HTT",
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: 1",
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /healthz",
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 999\r\n\r\n",
    ],
)
async def test_a_head_that_does_not_end_is_not_waited_for(live, begun):
    """Not even where a byte comes now and then, before the first request or after an answer."""
    address, _ = await live(limits=Limits(headers_seconds=0.4))
    reader, writer = await connected(address)
    writer.write(begun)

    async def dribble():
        while True:
            await asyncio.sleep(0.05)
            writer.write(b"x")

    dribbling = asyncio.create_task(dribble())
    try:
        answer = await ended(reader)
    except ConnectionResetError:
        answer = b"HTTP/1.1 200" if begun.count(b"GET") == 2 or b"Length" in begun else b""
    dribbling.cancel()
    await asyncio.gather(dribbling, return_exceptions=True)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200") is (b"\r\n\r\n" in begun)


async def test_a_request_in_work_has_more_time_than_a_head(live, held, upload, until):
    address, _ = await live(limits=Limits(headers_seconds=0.1))
    held.go.clear()
    async with httpx.AsyncClient(base_url=address, timeout=30) as c:
        task = asyncio.create_task(c.post("/v1/inpaint", files=upload()))
        await until(held.begun.is_set)
        await asyncio.sleep(0.3)
        held.go.set()
        assert (await task).status_code == 200


async def test_dribbling_uploads_take_no_places_and_end(live, upload, sentence):
    address, service = await live(limits=Limits(queue=2, seconds=0.6))
    whole = request_of(upload())
    slow = [await connected(address) for _ in range(6)]
    for _, writer in slow:
        writer.write(whole[:-40])
    async with httpx.AsyncClient(base_url=address) as c:
        assert (await c.post("/v1/inpaint", files=upload())).status_code == 200
    assert service.taken == 0
    for reader, writer in slow:
        assert (await ended(reader)).startswith(b"HTTP/1.1 408")
        writer.close()


async def test_too_many_connections(live, upload):
    address, _ = await live(limits=Limits(queue=1, connections=3))
    idle = [await connected(address) for _ in range(3)]
    async with httpx.AsyncClient(base_url=address) as c:
        assert (await c.get("/healthz")).status_code == 503
    for _, writer in idle:
        writer.close()
    async with asyncio.timeout(10):
        status = 503
        while status == 503:
            async with httpx.AsyncClient(base_url=address) as c:
                status = (await c.get("/healthz")).status_code


async def test_how_far_a_request_is(live, held, upload, encoded, photo, until, sentence):
    address, service = await live(token="secret", together=1)
    held.group_pixels = 0
    mask = np.zeros((300, 300), np.uint8)
    mask[20::100, 20::100] = 255
    files = {"picture": ("a.png", encoded(photo(300, 300))), "mask": ("m.png", encoded(mask))}
    bearer = {"Authorization": "Bearer secret"}
    async with httpx.AsyncClient(base_url=address, timeout=30, headers=bearer) as c:
        sentence(await c.get("/progress/one"), 404)
        held.go.clear()
        asked = {"files": files, "data": {"fit": "crop", "job": "one"}}
        first = asyncio.create_task(c.post("/v1/inpaint", **asked))
        await until(held.begun.is_set)
        answer = await c.get("/progress/one")
        assert answer.json() == {"done": 0, "of": 9, "seconds_left": None}
        sentence(await c.get("/progress/one", headers={"Authorization": "Bearer no"}), 401)
        sentence(await c.post("/v1/inpaint", **asked), 400)
        waiting = asyncio.create_task(
            c.post("/v1/inpaint", files=upload(), data={"job": "two", "texture": "off"})
        )
        await until(lambda: service.taken == 2)
        answer = await c.get("/progress/two")
        assert answer.json() == {"done": 0, "of": 0, "seconds_left": None}
        progress = service.progress["one"]
        held.go.set()
        assert [(await first).status_code, (await waiting).status_code] == [200, 200]
        assert (progress.done, progress.total) == (8, 9)
        assert progress.seconds_left() is not None
        sentence(await c.get("/progress/one"), 404)
        assert service.progress == {}


async def test_memory_goes_back_when_nothing_is_asked(live, upload, until, monkeypatch):
    trimmed = []
    monkeypatch.setattr(room, "_IDLE_SECONDS", 0.2)
    monkeypatch.setattr(room.memory, "give_back", lambda: trimmed.append(service.taken))
    address, service = await live()
    async with httpx.AsyncClient(base_url=address) as c:
        for _ in range(3):
            assert (await c.post("/v1/inpaint", files=upload())).status_code == 200
    await until(lambda: trimmed)
    await asyncio.sleep(0.1)
    assert trimmed == [0]


@pytest.mark.parametrize("chunked", [False, True])
async def test_the_answer_arrives_though_the_body_is_long(live, sentence, chunked):
    address, _ = await live(limits=Limits(bytes=300_000))
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    head = b'--x\r\nContent-Disposition: form-data; name="picture"; filename="a"\r\n\r\n'
    content = head + b"x" * 500_000

    async def parts():
        for at in range(0, len(content), 10_000):
            yield content[at : at + 10_000]

    async with httpx.AsyncClient(base_url=address) as c:
        body = parts() if chunked else content
        sentence(await c.post("/v1/inpaint", content=body, headers=kind), 413)


async def test_a_client_that_asks_before_it_sends_is_spared_the_sending(live):
    address, _ = await live(limits=Limits(bytes=1000))
    reader, writer = await connected(address)
    writer.write(
        b"POST /v1/inpaint HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999\r\n"
        b"Content-Type: multipart/form-data; boundary=x\r\nExpect: 100-continue\r\n\r\n"
    )
    answer = await asyncio.wait_for(reader.read(), 4)
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413")
    assert "MB" in json.loads(body)["error"]
