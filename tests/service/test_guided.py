"""Weights that take a guidance picture: what the service answers, and that the page declines."""

import base64

import numpy as np
import pytest
import torch

from deepgin.errors import UsageError
from deepgin.inpainting import Inpainter
from deepgin.network import build
from deepgin.service.app import create_app
from deepgin.service.settings import Limits, Settings
from deepgin.weights import save

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def guided_weights(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("guided") / "guided.safetensors"
    save(build("deepgin-guided", 2), path)
    return path


@pytest.fixture
def client(serving, guided_weights):
    inpainter = Inpainter(guided_weights, device="cpu")
    return lambda **settings: serving(inpainter=inpainter, **settings)


@pytest.fixture
def guidance(encoded):
    """Makes the part of a request; classes differ by their colours."""

    def make(height=29, width=37, colour=0):
        picture = np.full((height, width, 3), colour, np.uint8)
        picture[height // 3 :] = (20, 200, 90)
        return {"guidance": ("seg.png", encoded(picture))}

    return make


async def test_it_is_seen(client, guided_weights, upload, guidance, decoded, tmp_path):
    files = upload()
    for name, (_, content) in (files | guidance()).items():
        (tmp_path / f"{name}.png").write_bytes(content)
    async with client() as c:
        assert (await c.get("/v1/models")).json()["models"][0]["guided"] is True
        answers = [
            await c.post("/v1/inpaint", files=files | guidance(colour=colour))
            for colour in (0, 255)
        ]
    assert [answer.status_code for answer in answers] == [200, 200]
    wanted = Inpainter(guided_weights, device="cpu")(
        tmp_path / "picture.png", tmp_path / "mask.png", guidance=tmp_path / "guidance.png"
    )
    found, other = (decoded(answer.content) for answer in answers)
    np.testing.assert_array_equal(found, np.asarray(wanted))
    assert (found != other).any()


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (None, 400, "these weights need a guidance picture"),
        (b"no picture", 422, "the guidance is not a picture"),
        ((20, 37), 400, "the guidance is 37 x 20 pixels, the picture 37 x 29"),
        ((40, 50), 413, "the guidance has 50 x 40 pixels"),
    ],
)
async def test_what_does_not_work(client, upload, guidance, sentence, content, status, said):
    files = upload()
    if isinstance(content, bytes):
        files["guidance"] = ("seg.png", content)
    elif content:
        files |= guidance(*content)
    async with client(limits=Limits(pixels=1500)) as c:
        assert said in sentence(await c.post("/v1/inpaint", files=files), status)


async def test_iopaints_clients_have_none(client, upload, sentence):
    parts = {name: base64.b64encode(file[1]).decode() for name, file in upload().items()}
    body = {"image": parts["picture"], "mask": parts["mask"]}
    async with client() as c:
        assert "guidance" in sentence(await c.post("/api/v1/inpaint", json=body), 400)


async def test_the_page_is_not_offered(guided_weights, until):
    app = create_app(Settings(), page=True, inpainter=Inpainter(guided_weights, device="cpu"))
    async with app.router.lifespan_context(app):
        await app.state.service.settled.wait()
    assert isinstance(app.state.service.failure, UsageError)
    assert app.state.service.failure.field == "weights"
