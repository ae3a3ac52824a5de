"""Models, meters, the page about the interface, and its OpenAPI."""

import re

import pytest
import torch

from deepgin.inpainting.options import TEXTURES
from deepgin.weights import load
from deepgin.weights.model import Model

pytestmark = pytest.mark.anyio


async def test_models_say_what_is_loaded_and_not_where(serving, weights):
    async with serving(model=Model(weights, "cpu", "float32")) as c:
        answer = await c.get("/v1/models")
    [model] = answer.json()["models"]
    assert (model["name"], model["width"]) == ("deepgin-prefill", 4)
    assert (model["licence"], model["training"]) == ("for tests", {"samples": 12})
    assert (model["device"], model["precision"]) == ("cpu", "float32")
    assert (len(model["sha256"]), model["sharpness"]) == (64, None)
    assert str(weights.parent) not in answer.text


async def test_models_say_how_sharp_they_are(serving, stages):
    for given, told in ((None, 0.25), (1, 1.0)):
        async with serving(model=Model(stages.both, "cpu", sharpness=given)) as c:
            [model] = (await c.get("/v1/models")).json()["models"]
            network = c.app.state.service.loaded.inpainter.runtime.network
        assert model["sharpness"] == told
        expected = load(stages.both, told).stage2.out.weight
        assert torch.equal(network.stage2.out.weight, expected)


async def test_openapi_tells_every_field_and_refusal(client):
    async with client() as c:
        told = (await c.get("/openapi.json")).json()
    post = told["paths"]["/v1/inpaint"]["post"]
    schema = post["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert {"picture", "mask", "box", "color", "alpha", "fit", "feather", "format"} <= set(
        schema["properties"]
    )
    texture = schema["properties"]["texture"]
    assert (texture["enum"], texture["default"]) == ([*TEXTURES], "auto")
    assert schema["properties"]["fit"]["enum"] == ["auto", "direct", "resize", "crop", "polyphase"]
    assert {"200", "400", "401", "403", "413", "415", "422", "429", "503"} <= set(post["responses"])
    assert set(told["paths"]) == {
        "/v1/inpaint",
        "/api/v1/inpaint",
        "/api/v1/model",
        "/api/v1/server-config",
        "/v1/models",
        "/healthz",
        "/readyz",
        "/progress/{job}",
        "/metrics",
    }


async def test_docs_load_nothing_from_anywhere(client):
    async with client() as c:
        answer = await c.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for example in ("curl -F picture=@photo.jpg", "/api/v1/inpaint", "feather", "429"):
        assert example in answer.text
    assert not re.findall(r"<(?:script|link|img|iframe)|url\(|@import", answer.text)
    assert set(re.findall(r'(?:href|src)="([^"]*)"', answer.text)) == {"openapi.json"}
    assert "mask.png http://localhost/v1/inpaint " in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/v1/inpaint", 405),
        ("DELETE", "/v1/models", 405),
        ("GET", "/../etc/passwd", 404),
        ("GET", "/redoc", 404),
    ],
)
async def test_what_is_not_there(client, sentence, method, path, status):
    async with client() as c:
        assert "/docs" in sentence(await c.request(method, path), status)


async def test_meters_count_every_answer(client, upload):
    async with client() as c:
        await c.post("/v1/inpaint", files=upload())
        await c.post("/v1/inpaint")
        answer = await c.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'deepgin_requests_total{code="200",path="/v1/inpaint"} 1.0' in answer.text
    assert 'deepgin_requests_total{code="415",path="/v1/inpaint"} 1.0' in answer.text
    assert "process_resident_memory_bytes" in answer.text
