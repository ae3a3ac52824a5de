"""Models, meters, the page about the interface, and its OpenAPI."""

import re
from dataclasses import fields

import pytest
import torch

from deepgin.inpainting import FITS, Options
from deepgin.inpainting.options import TEXTURES
from deepgin.weights import load
from deepgin.weights.model import Model

pytestmark = pytest.mark.anyio


async def test_models_say_what_is_loaded_and_not_where(serving, weights):
    async with serving(model=Model(weights, "cpu", "float32")) as c:
        answer = await c.get("/v1/models")
    [model] = answer.json()["models"]
    assert (model["name"], model["width"]) == ("deepgin-prefill", 4)
    assert (model["network"], model["loaded"]) == (weights.name, True)
    assert (model["licence"], model["training"]) == ("for tests", {"samples": 12})
    assert (model["device"], model["precision"]) == ("cpu", "float32")
    assert (len(model["sha256"]), model["sharpness"]) == (64, None)
    assert str(weights.parent) not in answer.text


async def test_models_say_how_sharp_they_are(serving, stages):
    for own, expected in ((None, 0.25), (1, 1.0)):
        async with serving(model=Model(stages.both, "cpu", sharpness=own)) as c:
            [model] = (await c.get("/v1/models")).json()["models"]
            network = c.app.state.service.loaded.inpainter(stages.both.name).runtime.network
        assert model["sharpness"] == expected
        weight = load(stages.both, expected).stage2.out.weight
        assert torch.equal(network.stage2.out.weight, weight)


async def test_openapi_states_every_field_and_refusal(client):
    async with client() as c:
        description = (await c.get("/openapi.json")).json()
    post = description["paths"]["/v1/inpaint"]["post"]
    properties = post["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    own = {"network", "sharpness", "quality", "format", "answer", "patch_box", "job"}
    files = {"picture", "mask", "guidance", "patch"}
    assert {*properties} == {option.name for option in fields(Options)} | own | files
    assert properties["texture"]["enum"] == [*TEXTURES]
    assert properties["fit"]["enum"] == [*FITS]
    codes = {"200", "400", "401", "403", "408", "413", "415", "422", "429", "500", "503"}
    assert {*post["responses"]} == codes


async def test_docs_load_nothing_from_anywhere(client):
    async with client() as c:
        answer = await c.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not re.findall(r"<(?:script|link|img|iframe)|url\(|@import", answer.text)
    assert set(re.findall(r'(?:href|src)="([^"]*)"', answer.text)) == {"openapi.json"}
    assert "mask.png http://localhost/v1/inpaint " in answer.text


async def test_what_is_not_there(client, sentence):
    async with client() as c:
        for path in ("/nowhere", "/../etc/passwd", "/redoc"):
            sentence(await c.get(path), 404)
        answer = await c.get("/v1/inpaint")
        sentence(answer, 405)
        assert answer.headers["allow"] == "POST"


async def test_meters_count_every_answer(client, upload):
    async with client() as c:
        await c.post("/v1/inpaint", files=upload())
        await c.post("/v1/inpaint")
        answer = await c.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'deepgin_requests_total{code="200",path="/v1/inpaint"} 1.0' in answer.text
    assert 'deepgin_requests_total{code="415",path="/v1/inpaint"} 1.0' in answer.text
    assert "process_resident_memory_bytes" in answer.text
