"""A service at a real port: hang-ups, slow and cut-off uploads, refusals while a body comes."""

import asyncio
import json
import threading

import httpx
import pytest
import uvicorn

from deepgin.inpainting import Inpainter
from deepgin.service.app import create_app
from deepgin.service.server import address_at, listen
from deepgin.service.settings import Limits, Settings

pytestmark = pytest.mark.anyio


@pytest.fixture
def live(held):
    """Starts a service over the held runtime; gives its address and its state."""
    started = []

    def start(**settings):
        app = create_app(Settings(**settings), inpainter=Inpainter(runtime=held))
        socket = listen("127.0.0.1", 0)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
        thread.start()
        started.append((server, thread, socket))
        return address_at(socket), app.state.service

    yield start
    held.go.set()
    for server, thread, socket in started:
        server.should_exit = True
        thread.join(20)
        socket.close()
        assert not thread.is_alive()


async def ready(address):
    async with httpx.AsyncClient() as c, asyncio.timeout(20):
        while True:
            try:
                if (await c.get(f"{address}/readyz")).status_code == 200:
                    return
            except httpx.ConnectError:
                pass
            await asyncio.sleep(0.02)


def request_of(files):
    """Return the bytes of a POST with these files."""
    made = httpx.Request("POST", "http://127.0.0.1/v1/inpaint", files=files)
    head = "".join(f"{name}: {value}\r\n" for name, value in made.headers.items())
    return f"POST /v1/inpaint HTTP/1.1\r\n{head}\r\n".encode() + made.read()


async def connected(address):
    url = httpx.URL(address)
    return await asyncio.open_connection(url.host, url.port)


async def test_one_that_hangs_up_is_dropped_before_it_is_filled(live, held, upload, until):
    address, service = live(together=1)
    await ready(address)
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


async def test_one_that_hangs_up_while_it_is_filled_harms_nobody(live, held, upload, until):
    address, service = live()
    await ready(address)
    held.go.clear()
    _, writer = await connected(address)
    writer.write(request_of(upload()))
    await until(held.begun.is_set)
    writer.close()
    await until(lambda: service.taken == 0)
    held.go.set()
    async with httpx.AsyncClient(base_url=address) as c:
        assert (await c.post("/v1/inpaint", files=upload())).status_code == 200


async def test_an_upload_that_is_cut_off_takes_no_place(live, upload, until):
    address, service = live()
    await ready(address)
    whole = request_of(upload(200, 300))
    for share in (0.3, 0.9):
        _, writer = await connected(address)
        writer.write(whole[: int(len(whole) * share)])
        await until(lambda: service.taken == 1)
        writer.close()
        await until(lambda: service.taken == 0)
    async with httpx.AsyncClient(base_url=address) as c:
        assert (await c.post("/v1/inpaint", files=upload())).status_code == 200
        assert 'code="499",path="/v1/inpaint"} 2.0' in (await c.get("/metrics")).text


@pytest.mark.parametrize("chunked", [False, True])
async def test_the_answer_arrives_though_the_body_is_long(live, sentence, chunked):
    address, _ = live(limits=Limits(bytes=300_000))
    await ready(address)
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
    address, _ = live(limits=Limits(bytes=1000))
    await ready(address)
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
