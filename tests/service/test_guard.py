"""Who may ask, and how much they may send."""

import asyncio

import pytest

from deepgin.service.guard import Guard
from deepgin.service.settings import Limits, Settings

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("settings", "host", "allowed"),
    [
        ({}, "localhost", True),
        ({}, "LocalHost:8000", True),
        ({}, "localhost.:8000", True),
        ({}, "127.0.0.1:1234", True),
        ({}, "[::1]:8000", True),
        ({}, "[::1]", True),
        ({}, "evil.example", False),
        ({}, "localhost.evil.example", False),
        ({}, "evil.example:127.0.0.1", False),
        ({}, "localhost@evil.example", False),
        ({}, "192.168.0.4:8000", False),
        ({}, "", False),
        ({"host": "192.168.0.4"}, "192.168.0.4:8000", True),
        ({"host": "192.168.0.4"}, "192.168.0.5:8000", False),
        ({"host": "::1"}, "[0:0::1]:8000", True),
        # An address cannot be pointed elsewhere; a name can.
        ({"host": "0.0.0.0"}, "192.168.0.4:8000", True),
        ({"host": "::"}, "[fe80::1]:8000", True),
        ({"host": "0.0.0.0"}, "evil.example", False),
        ({"allowed_hosts": ("fill.example",)}, "fill.example:8000", True),
        ({"allowed_hosts": ("fill.example",)}, "evil.fill.example", False),
    ],
)
async def test_the_name_it_is_called_by(client, sentence, settings, host, allowed):
    async with client(**settings) as c:
        answer = await c.get("/v1/models", headers={"Host": host})
        if allowed:
            assert answer.status_code == 200
        else:
            assert "does not go by that name" in sentence(answer, 403)


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"Origin": "http://localhost"}, True),
        ({"Origin": "http://localhost:9999"}, False),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "http://127.0.0.1"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
    ],
)
async def test_other_sites_pages(client, upload, sentence, headers, allowed):
    async with client() as c:
        posted = await c.post("/v1/inpaint", files=upload(), headers=headers)
        got = await c.get("/v1/models", headers=headers)
    for answer in (posted, got):
        if allowed:
            assert answer.status_code == 200
        else:
            assert "another site's page" in sentence(answer, 403)
        assert "access-control-allow-origin" not in answer.headers
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("origin", ["https://a.example", "null", "app://x", "file://"])
async def test_the_pages_of_sites_that_are_allowed(client, upload, sentence, origin):
    asked = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    own = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
    other = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    async with client(allowed_origins=(origin,), token="secret") as c:
        preflight = await c.options("/api/v1/inpaint", headers=own | asked)
        assert preflight.status_code == 200
        assert "POST" in preflight.headers["access-control-allow-methods"]
        refused = await c.post("/v1/inpaint", files=upload(), headers=own)
        sentence(refused, 401)  # readable for the page
        own["Authorization"] = "Bearer secret"
        posted = await c.post("/v1/inpaint", files=upload(), headers=own)
        assert posted.status_code == 200
        assert "X-Deepgin-Fit" in posted.headers["access-control-expose-headers"]
        for answer in (preflight, refused, posted):
            assert answer.headers["access-control-allow-origin"] == origin
            assert "Origin" in answer.headers["vary"]
        preflight = await c.options("/api/v1/inpaint", headers=other | asked)
        assert preflight.status_code == 400
        posted = await c.post("/v1/inpaint", headers=other | {"Authorization": "Bearer secret"})
        sentence(posted, 403)
        for answer in (preflight, posted):
            assert "access-control-allow-origin" not in answer.headers


async def test_all_origins(client):
    async with client(allowed_origins=("*",)) as c:
        answer = await c.get("/v1/models", headers={"Origin": "https://any.example"})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")


@pytest.mark.parametrize("prefix", ["", "/a/b"])
async def test_below_a_root_path(client, prefix):
    """Whether the proxy takes it away or not."""
    async with client(root_path="/a/b", token="secret") as c:
        assert (await c.get(f"{prefix}/healthz")).status_code == 200
        assert (await c.get(f"{prefix}/v1/models")).status_code == 401
        bearer = {"Authorization": "Bearer secret"}
        assert (await c.get(f"{prefix}/v1/models", headers=bearer)).status_code == 200
        answer = await c.post(f"{prefix}/api/v1/inpaint", headers=bearer)
        assert answer.json().keys() >= {"error", "detail"}
        described = (await c.get(f"{prefix}/openapi.json", headers=bearer)).json()
        assert described["servers"] == [{"url": "/a/b"}]
        told = {"X-Forwarded-Proto": "https", "Host": "localhost:9"} | bearer
        text = (await c.get(f"{prefix}/docs", headers=told)).text
    assert "mask.png https://localhost:9/a/b/v1/inpaint " in text
    assert "127.0.0.1" not in text


async def test_all_bodies_together_have_a_limit():
    go, refused = asyncio.Event(), []

    async def app(scope, receive, send):
        await receive()
        await go.wait()

    async def receive():
        return {"type": "http.request", "body": b"x" * 60}

    async def send(message):
        refused.append(message.get("status"))

    guard = Guard(app, Settings(limits=Limits(bytes=100, queue=1)), lambda *_: None)
    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"host", b"localhost")]}
    first = asyncio.create_task(guard(scope, receive, send))
    await asyncio.sleep(0)
    await guard(scope, receive, send)
    assert refused[0] == 429
    refused.clear()
    go.set()
    await first
    await guard(scope, receive, send)
    assert (refused, guard.held) == ([], 0)


async def test_a_link_from_elsewhere_and_a_preflight(client, sentence):
    async with client() as c:
        headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        assert (await c.get("/docs", headers=headers)).status_code == 200
        sentence(await c.post("/v1/inpaint", headers=headers), 403)
        headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
        sentence(await c.options("/v1/inpaint", headers=headers), 403)


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (None, 401),
        ("Bearer secret", 200),
        ("bearer secret", 200),
        ("Bearer secre", 401),
        ("Bearer secrett", 401),
        ("Bearer", 401),
        ("Basic secret", 401),
        ("secret", 401),
        ("Bearer sécret", 401),
    ],
)
async def test_the_token(client, upload, sentence, given, status):
    headers = {} if given is None else {"Authorization": given.encode()}
    async with client(token="secret") as c:
        answers = [
            await c.post("/v1/inpaint", files=upload(), headers=headers),
            await c.get("/metrics", headers=headers),
        ]
        for path in ("/healthz", "/readyz"):
            assert (await c.get(path)).status_code == 200
    for answer in answers:
        assert answer.status_code == status
        if status == 401:
            assert "token" in sentence(answer, 401)
            assert answer.headers["www-authenticate"] == "Bearer"
            assert "secret" not in answer.text


class Source:
    """A body in chunks, without its length; counts what was taken."""

    def __init__(self, chunks, size=1000):
        self.chunks, self.size, self.sent = chunks, size, 0

    async def __aiter__(self):
        for _ in range(self.chunks):
            self.sent += self.size
            yield b"x" * self.size


@pytest.mark.parametrize("path", ["/v1/inpaint", "/api/v1/inpaint"])
@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=y", "application/json"])
async def test_bytes_are_counted_while_they_come(client, sentence, path, kind):
    headers = {"Content-Type": kind}
    async with client(limits=Limits(bytes=10_000)) as c:
        source = Source(1000)
        answer = await c.post(path, content=source, headers=headers)
        if answer.status_code == 415:
            return
        if kind == "application/json":
            assert "0.009537 MB" in sentence(answer, 413)
        # What comes after the refusal is thrown away, and not without end.
        assert source.sent <= 25_000
        assert c.app.state.service.taken == 0


async def test_a_preamble_without_end_is_counted_too(client, sentence):
    headers = {"Content-Type": "multipart/form-data; boundary=y"}
    part = b'--y\r\nContent-Disposition: form-data; name="picture"; filename="a"\r\n\r\n'

    async def endless():
        yield part
        for _ in range(1000):
            yield b"x" * 1000

    async with client(limits=Limits(bytes=10_000)) as c:
        answer = await c.post("/v1/inpaint", content=endless(), headers=headers)
    sentence(answer, 413)


async def test_a_length_that_is_too_long_is_refused_before_it_comes(client, upload, sentence):
    async with client(limits=Limits(bytes=100)) as c:
        assert "larger than" in sentence(await c.post("/v1/inpaint", files=upload()), 413)
        headers = {"Content-Length": "-1", "Content-Type": "application/json"}
        sentence(await c.post("/api/v1/inpaint", content=b"{}", headers=headers), 400)


async def test_meters_do_not_grow_with_what_strangers_ask_for(client):
    async with client() as c:
        for i in range(20):
            await c.get(f"/nothing/{i}")
        await c.get("/v1/models", headers={"Host": "evil.example"})
        text = (await c.get("/metrics")).text
    assert 'deepgin_requests_total{code="404",path="other"} 20.0' in text
    assert 'deepgin_requests_total{code="403",path="other"} 1.0' in text
    assert "/nothing" not in text
