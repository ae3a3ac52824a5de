"""Weights that take a guidance picture: what the service answers, and that the page declines."""

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
    expected = Inpainter(guided_weights, device="cpu")(
        tmp_path / "picture.png", tmp_path / "mask.png", guidance=tmp_path / "guidance.png"
    )
    one, other = (decoded(answer.content) for answer in answers)
    np.testing.assert_array_equal(one, np.asarray(expected))
    assert (one != other).any()


@pytest.mark.parametrize(
    ("content", "status", "field"),
    [
        (None, 400, "guidance"),
        (b"no picture", 422, None),
        ((20, 37), 400, "guidance"),
        ((40, 50), 413, None),
    ],
)
async def test_what_does_not_work(client, upload, guidance, sentence, content, status, field):
    files = upload()
    if isinstance(content, bytes):
        files["guidance"] = ("seg.png", content)
    elif content:
        files |= guidance(*content)
    async with client(limits=Limits(pixels=1500)) as c:
        sentence(await c.post("/v1/inpaint", files=files), status, field)


async def test_a_network_that_takes_none(serving, held, upload, sentence):
    files = {**upload(), "guidance": upload()["picture"]}
    async with serving(runtime=held) as c:
        sentence(await c.post("/v1/inpaint", files=files), 400, "guidance")


async def test_the_page_is_not_offered(guided_weights, until):
    app = create_app(Settings(), page=True, inpainter=Inpainter(guided_weights, device="cpu"))
    async with app.router.lifespan_context(app):
        await app.state.service.settled.wait()
    assert isinstance(app.state.service.failure, UsageError)
    assert app.state.service.failure.field == "weights"
