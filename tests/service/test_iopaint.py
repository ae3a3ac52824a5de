"""What IOPaint's clients ask, and get."""

import base64

import numpy as np
import pytest
from PIL import Image

from deepgin.weights.model import Model

pytestmark = pytest.mark.anyio


def coded(content, kind="image/png"):
    text = base64.b64encode(content).decode()
    return f"data:{kind};base64,{text}" if kind else text


# As IOPaint's own page sends it: most fields mean nothing here.
OTHERS = {
    "ldm_steps": 30,
    "zits_wireframe": True,
    "hd_strategy": "Crop",
    "prompt": "",
    "cv2_flag": "A",
}


@pytest.mark.parametrize("kind", ["", "image/png", "application/octet-stream"])
async def test_fill(client, upload, decoded, kind):
    files = upload()
    picture, mask = files["picture"][1], files["mask"][1]
    body = {"image": coded(picture, kind), "mask": coded(mask, kind), "sd_seed": 7, **OTHERS}
    async with client() as c:
        answer = await c.post("/api/v1/inpaint", json=body)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "image/png"
        assert answer.headers["x-seed"] == "7"
        ours = await c.post("/v1/inpaint", files=files)
        assert answer.content == ours.content
        assert answer.headers["x-deepgin-fit"].startswith("texture in ")
        body["sd_seed"] = -1
        assert (await c.post("/api/v1/inpaint", json=body)).headers["x-seed"] == "42"
    outside = decoded(mask) == 0
    np.testing.assert_array_equal(decoded(answer.content)[outside], decoded(picture)[outside])


async def test_a_mask_that_is_a_layer_of_strokes(client, upload, encoded, decoded):
    files = upload()
    alpha = decoded(files["mask"][1])
    layer = np.dstack([np.where(alpha == 255, 0, 255)] * 3 + [alpha]).astype(np.uint8)
    body = {"image": coded(files["picture"][1]), "mask": coded(encoded(layer))}
    async with client() as c:
        expected = (await c.post("/v1/inpaint", files=files)).content
        assert (await c.post("/api/v1/inpaint", json=body)).content == expected
        files["mask"] = ("mask.png", encoded(layer))
        assert (await c.post("/v1/inpaint", files=files)).content == expected
        files["mask"] = ("mask.png", encoded(alpha // 255))
        answer = await c.post("/v1/inpaint", files=files)
        assert "0 and 1" in answer.headers["x-deepgin-warnings"]


async def test_a_larger_frame(client, upload, encoded, decoded, photo):
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = encoded(Image.fromarray(photo(37, 29)), "JPEG", exif=exif)
    frame = {"extender_x": -5, "extender_y": 3, "extender_width": 50, "extender_height": 40}
    async with client() as c:
        for picture in (upload()["picture"][1], turned):
            body = {"image": coded(picture), "mask": "", "use_extender": True, **frame}
            answer = await c.post("/api/v1/inpaint", json=body)
            assert answer.status_code == 200, answer.text
            files, data = {"picture": ("a", picture)}, {"extend": "5,0,8,14", "format": "png"}
            assert answer.content == (await c.post("/v1/inpaint", files=files, data=data)).content
            assert decoded(answer.content).shape == (43, 50, 3)
        body |= {"extender_x": 1, "extender_width": 9, "extender_height": 9}
        answer = await c.post("/api/v1/inpaint", json=body)
        assert (answer.status_code, answer.json()["field"]) == (400, "use_extender")


@pytest.mark.parametrize(("mode", "after"), [("RGBA", "RGBA"), ("CMYK", "RGB"), ("L", "L")])
async def test_modes(client, photo, upload, encoded, decoded, mode, after):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    picture = encoded(Image.fromarray(photo(29, 37)).convert(mode), kind)
    body = {"image": coded(picture), "mask": coded(upload()["mask"][1])}
    async with client() as c:
        answer = await c.post("/api/v1/inpaint", json=body)
    assert answer.status_code == 200, answer.text
    image = Image.fromarray(decoded(answer.content))
    assert (image.mode, image.size) == (after, (37, 29))


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"image": None}, 400, "image"),
        ({"mask": 5}, 400, "mask"),
        ({"image": "abcde"}, 400, "image"),
        ({"image": "ä"}, 400, "image"),
        ({"mask": "data:image/png,abc"}, 400, "mask"),
        ({"image": ""}, 422, None),
        ({"sd_seed": "x"}, 400, "sd_seed"),
    ],
)
async def test_refusals_as_its_clients_read_them(client, upload, sentence, change, status, field):
    files = upload()
    body = {"image": coded(files["picture"][1]), "mask": coded(files["mask"][1]), **change}
    async with client() as c:
        answer = await c.post("/api/v1/inpaint", json=body)
    sentence(answer, status, field)
    assert answer.json()["errors"] == answer.json()["detail"] == answer.json()["error"]


async def test_bodies_that_are_no_object(client, sentence):
    async with client() as c:
        for content in (b"", b"{", b"[]", b"5", b"[" * 100_000, b'"\xff"'):
            headers = {"Content-Type": "application/json"}
            sentence(await c.post("/api/v1/inpaint", content=content, headers=headers), 400)


async def test_what_clients_ask_first(serving, weights):
    async with serving(model=Model(weights)) as c:
        model = (await c.get("/api/v1/model")).json()
        config = (await c.get("/api/v1/server-config")).json()
    assert model["name"] == model["path"] == "deepgin-prefill"
    assert model["model_type"] == "inpaint"
    assert config["modelInfos"] == [model]
    assert config["plugins"] == []
    assert config["disableModelSwitch"] is True
