"""Who may ask, and how much they may send."""

import asyncio

import pytest

from deepgin.service.gathering import Meters
from deepgin.service.guard import Guard
from deepgin.service.settings import Limits, Settings

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("settings", "allowed", "refused"),
    [
        (
            {},
            "localhost LocalHost:8000 localhost.:8000 127.0.0.1:1234 [::1]:8000 [::1]",
            "evil.example localhost.evil.example evil.example:127.0.0.1 localhost@evil.example",
        ),
        ({"host": "192.168.0.4"}, "192.168.0.4:8000", "192.168.0.5:8000"),
        ({"host": "::1"}, "[0:0::1]:8000", ""),
        # An address cannot be pointed elsewhere; a name can.
        ({"host": "0.0.0.0"}, "192.168.0.4:8000", "evil.example"),
        ({"host": "::"}, "[fe80::1]:8000", "evil.example"),
        ({"allowed_hosts": ("fill.example",)}, "fill.example:8000", "evil.fill.example"),
    ],
)
async def test_the_name_it_is_called_by(client, sentence, settings, allowed, refused):
    async with client(**settings) as c:
        for host in allowed.split():
            assert (await c.get("/v1/models", headers={"Host": host})).status_code == 200
        for host in (*refused.split(), ""):
            sentence(await c.get("/v1/models", headers={"Host": host}), 403)


async def test_other_sites_pages(client, upload, sentence):
    allowed = [
        "",
        "Origin: http://localhost",
        "Sec-Fetch-Site: same-origin",
        "Sec-Fetch-Site: none",
    ]
    origins = ("http://localhost:9999", "http://evil.example", "http://127.0.0.1", "null", "")
    refused = [f"Origin: {origin}" for origin in origins]
    refused += ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"]
    async with client() as c:
        for header in allowed + refused:
            name, _, value = header.partition(": ")
            headers = {name: value} if name else {}
            posted = await c.post("/v1/inpaint", files=upload(), headers=headers)
            for answer in (posted, await c.get("/v1/models", headers=headers)):
                assert answer.status_code == (200 if header in allowed else 403), header
                assert "access-control-allow-origin" not in answer.headers
                assert answer.headers["cross-origin-resource-policy"] == "same-origin"
                assert answer.headers["x-content-type-options"] == "nosniff"
        # A link from elsewhere may lead here; a preflight may not.
        headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        assert (await c.get("/docs", headers=headers)).status_code == 200
        sentence(await c.post("/v1/inpaint", headers=headers), 403)
        headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
        sentence(await c.options("/v1/inpaint", headers=headers), 403)


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
        behind = {"X-Forwarded-Proto": "https", "Host": "localhost:9"} | bearer
        text = (await c.get(f"{prefix}/docs", headers=behind)).text
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

    guard = Guard(app, Settings(limits=Limits(bytes=100, queue=1)), Meters(lambda: 0))
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


async def test_the_token(client, upload, sentence):
    right = ["Bearer secret", "bearer secret"]
    wrong = [
        "",
        "Bearer secre",
        "Bearer secrett",
        "Bearer",
        "Basic secret",
        "secret",
        "Bearer sécret",
    ]
    async with client(token="secret") as c:
        for value in right + wrong:
            headers = {"Authorization": value.encode()} if value else {}
            posted = await c.post("/v1/inpaint", files=upload(), headers=headers)
            for answer in (posted, await c.get("/metrics", headers=headers)):
                assert answer.status_code == (200 if value in right else 401), value
                if value in wrong:
                    assert answer.headers["www-authenticate"] == "Bearer"
                    assert "secret" not in sentence(answer, 401)
        for path in ("/healthz", "/readyz"):
            assert (await c.get(path)).status_code == 200


PART = b'--y\r\nContent-Disposition: form-data; name="picture"; filename="a"\r\n\r\n'


@pytest.mark.parametrize(
    ("path", "kind", "begin"),
    [
        ("/v1/inpaint", "multipart/form-data; boundary=y", b""),
        ("/v1/inpaint", "multipart/form-data; boundary=y", PART),
        ("/api/v1/inpaint", "application/json", b""),
    ],
)
async def test_bytes_are_counted_while_they_come(client, sentence, path, kind, begin):
    sent = []

    async def endless():
        for part in (begin, *[b"x" * 1000] * 1000):
            sent.append(len(part))
            yield part

    async with client(limits=Limits(bytes=10_000)) as c:
        answer = await c.post(path, content=endless(), headers={"Content-Type": kind})
        sentence(answer, 413 if begin or "json" in kind else 400)
        # What comes after the refusal is thrown away, and not without end.
        assert sum(sent) <= 25_000
        assert c.app.state.service.taken == 0


async def test_a_length_that_is_too_long_is_refused_before_it_comes(client, upload, sentence):
    async with client(limits=Limits(bytes=100)) as c:
        sentence(await c.post("/v1/inpaint", files=upload()), 413)
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
