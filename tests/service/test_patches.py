"""Patches: filled again and again, a picture is exact outside its holes, and encoded once."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from deepgin.inpainting import Result
from deepgin.pictures import Document
from deepgin.service.files import Box, next_patch, patched
from deepgin.service.settings import Limits

pytestmark = pytest.mark.anyio


def document(picture, tmp_path):
    path = tmp_path / "picture"
    path.write_bytes(picture)
    return Document.open(path)


def mask(top, left, height, width, shape):
    hole = np.zeros(shape, np.uint8)
    hole[top : top + height, left : left + width] = 255
    return hole


async def test_two_fillings_and_one_encoding(serving, held, picture_of, encoded, tmp_path, mode):
    picture = picture_of(mode, 150, 200)
    mode, kind = mode.split()
    before = document(picture, tmp_path)
    holes = [mask(10, 20, 12, 30, (150, 200)), mask(100, 150, 20, 20, (150, 200))]
    async with serving(runtime=held, page=True) as c:
        last, fields = {}, {}
        for hole in holes:
            files = {"picture": ("p", picture), "mask": ("m", encoded(hole)), **last}
            answer = await c.post("/v1/inpaint", files=files, data=fields | {"answer": "patch"})
            assert answer.status_code == 200, answer.text
            assert answer.headers["content-type"] == f"image/{'tiff' if mode == 'CMYK' else 'png'}"
            last = {"patch": ("patch", answer.content)}
            fields = {"patch_box": answer.headers["x-deepgin-box"]}
        box = Box.parsed(fields["patch_box"])
        assert box == (0, 0, 192, 150)
        patch = document(answer.content, tmp_path)
        assert patch.mode == before.mode
        working = patched(before, patch, box)
        union = (holes[0] | holes[1]) > 0
        assert np.array_equal(working.pixels[~union], before.pixels[~union])
        for hole in holes:
            assert (working.pixels[hole > 0] != before.pixels[hole > 0]).any()

        files = {"picture": ("p", picture)} | last
        shown = await c.post("/page/preview", files=files, data=fields)
        assert shown.headers["x-deepgin-size"] == "200,150"
        alpha = before.mode.removesuffix(";16") in ("LA", "RGBA")
        with Image.open(BytesIO(shown.content)) as image:
            assert (image.format, image.size) == ("PNG" if alpha else "JPEG", (192, 150))
            rgb = np.asarray(image.convert("RGB")).astype(int)
            assert np.abs(rgb - patch.rgb()).mean() < 8

        data = fields | ({"format": "png"} if kind == "GIF" else {})
        saved = await c.post("/page/download", files=files, data=data)
        assert saved.status_code == 200, saved.text
        after = document(saved.content, tmp_path)
        assert (after.format, after.mode) == ("PNG" if kind == "GIF" else kind, before.mode)
        if kind == "JPEG":
            # Encoded as the library encodes what was filled, from exact samples.
            working.save(tmp_path / "once.jpg")
            assert np.array_equal(after.pixels, Document.open(tmp_path / "once.jpg").pixels)
        else:
            assert np.array_equal(after.pixels, working.pixels)
        if kind in ("JPEG", "TIFF", "WEBP") and mode != "I;16":
            with Image.open(BytesIO(saved.content)) as image:
                assert image.getexif()[0x010F] == "A camera"


sides = st.integers(1, 300)


@settings(max_examples=15)
@given(sides, sides, st.data())
def test_a_patch_holds_all_that_was_filled_and_little_else(width, height, data):
    hole = np.zeros((height, width), np.bool_)
    last, grown = None, []
    before = Document.of_array(np.zeros((height, width, 3), np.uint8))
    after = before
    for _ in range(2):
        x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
        hole = np.zeros((height, width), np.bool_)
        hole[y : y + data.draw(sides), x : x + data.draw(sides)] = True
        after = after.filled(np.full((height, width, 3), 9, np.uint8), hole)
        patch, last = next_patch(Result(after, "", (), hole), last)
        grown.append(hole)
    assert np.array_equal(patched(before, patch, last).pixels, after.pixels)
    rows, columns = np.nonzero(grown[0] | grown[1])
    # A margin and the grid: 16 + 63 pixels at most on each side.
    assert 0 <= columns.min() - last.left < 80
    assert 0 <= last.bottom - 1 - rows.max() < 80
    assert Box.parsed(str(last)) == last


async def test_a_patch_that_does_not_fit(serving, held, upload, sentence):
    boxes = ["", "0,0,37", "0,0,-1,5", "1,0,37,29", "0,0,36,29", "99999999999,0,37,29"]
    async with serving(runtime=held, page=True) as c:
        for box, sent in [("0,0,37,29", False), *((box, True) for box in boxes)]:
            files = upload()
            if sent:
                files["patch"] = files["picture"]
            data = {"answer": "patch"} | ({"patch_box": box} if box else {})
            assert "patch" in sentence(await c.post("/v1/inpaint", files=files, data=data), 400)
            del files["mask"]
            sentence(await c.post("/page/download", files=files, data={"patch_box": box}), 400)


async def test_what_the_page_asks_beside_filling(serving, held, upload, sentence, tmp_path):
    photo = tmp_path / "Zoë.png"
    photo.write_bytes(upload()["picture"][1])
    owner = {"Authorization": "Bearer secret"}
    async with serving(runtime=held, page=True, photo=photo, token="secret") as c:
        assert (await c.get("/")).status_code == 200
        limits = (await c.get("/page/limits")).json()
        assert limits == {"pixels": 64_000_000, "bytes": 64 << 20}
        sentence(await c.get("/photo"), 401)
        first = await c.get("/photo", headers=owner)
        assert first.content == photo.read_bytes()
        assert first.headers["x-deepgin-name"] == "Zo%C3%AB.png"
        files = {"picture": ("a", b"nothing")}
        for path in ("/page/preview", "/page/download"):
            sentence(await c.post(path, files=files), 401)
            sentence(await c.post(path, files=files, headers=owner), 422)
            sentence(await c.post(path, data={"a": "b"}, files=files, headers=owner), 400)
    async with serving(runtime=held, page=True, limits=Limits(pixels=1000)) as c:
        assert (await c.get("/photo")).status_code == 204
        files = {"picture": upload()["picture"]}
        sentence(await c.post("/page/preview", files=files), 413)
