"""What `POST /v1/inpaint` answers: the bytes that the library would write."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from deepgin.inpainting import Inpainter, Options
from deepgin.pictures import Document, read_mask
from deepgin.weights.model import Model

pytestmark = pytest.mark.anyio


def expected(inpainter, folder, files, options, name="picture", quality=None):
    """Return the bytes that the library writes for the files of a request."""
    picture, out = folder / "in", folder / name
    picture.write_bytes(files["picture"][1])
    mask = None
    if "mask" in files:
        (folder / "mask").write_bytes(files["mask"][1])
        mask = read_mask(folder / "mask", options.threshold)
    result = inpainter.run(replace(Document.open(picture), source=None), mask, options=options)
    result.document.save(out, quality=quality, overwrite=True)
    return out.read_bytes()


def hole(height, width):
    mask = np.zeros((height, width), np.uint8)
    mask[4:12, 6:20] = 255
    return mask


async def test_formats_come_back_as_they_are(client, tiny, tmp_path, picture_of, encoded, mode):
    content = picture_of(mode, 30, 40, orientation=6)
    (tmp_path / "in").write_bytes(content)
    before = Document.open(tmp_path / "in")
    marked = hole(*before.size[::-1])
    files = {"picture": ("whatever", content), "mask": ("mask.png", encoded(marked))}
    ending = "png" if "GIF" in mode else ""  # which is not written
    async with client() as c:
        answer = await c.post("/v1/inpaint", files=files, data={"format": ending})
    assert answer.status_code == 200, answer.text
    kind = mode.split()[1].replace("GIF", "PNG")
    assert answer.headers["content-type"] == Image.MIME[kind]
    assert answer.headers["x-deepgin-fit"].startswith("texture in 1 part")
    assert answer.headers["cache-control"] == "no-store"
    name = "out.png" if ending else "out"
    assert answer.content == expected(tiny, tmp_path, files, Options(), name)
    (tmp_path / "out").write_bytes(answer.content)
    after = Document.open(tmp_path / "out")
    assert (after.mode, after.size) == (before.mode, before.size)
    if kind != "JPEG":
        outside = marked == 0
        np.testing.assert_array_equal(after.pixels[outside], before.pixels[outside])
        assert (after.pixels[~outside] != before.pixels[~outside]).any()
    if ";16" not in mode and "GIF" not in mode:
        exif = Image.open(tmp_path / "out").getexif()
        assert (exif[0x010F], exif.get(0x0112, 1)) == ("A camera", 1)


@pytest.mark.parametrize(
    "data",
    [
        {"texture": "auto"},
        {"texture": "on", "fit": "crop"},
        {"texture": "off"},
        {"fit": "polyphase"},
        {"fit": "resize", "degrid": "true"},
        {"dilate": "3"},
        {"feather": "4"},
        {"ensemble": "1"},
        {"invert": "yes"},
        {"threshold": "0.2"},
        {"dilate": ""},
    ],
)
async def test_options_mean_what_they_mean_elsewhere(client, tiny, tmp_path, upload, data):
    kinds = {"dilate": int, "feather": int, "threshold": float, "fit": str, "texture": str}
    options = {name: kinds.get(name, bool)(value) for name, value in data.items() if value}
    files = upload()
    async with client() as c:
        answer = await c.post("/v1/inpaint", files=files, data=data)
    assert answer.status_code == 200, answer.text
    assert answer.content == expected(tiny, tmp_path, files, Options(**options))


async def test_the_hole_as_box_colour_alpha_or_mask_of_another_size(
    client, tiny, tmp_path, photo, encoded
):
    picture = np.dstack([photo(30, 40), np.full((30, 40), 255, np.uint8)])
    picture[3:9, 4:20] = (255, 0, 255, 90)
    alone = {"picture": ("a.png", encoded(picture))}
    small = {**alone, "mask": ("m.png", encoded(hole(15, 20)))}
    async with client() as c:
        for files, data, options in [
            (alone, {"box": "4,3,16,6"}, Options(box="4,3,16,6")),
            (alone, {"color": "#ff00ff"}, Options(color="#ff00ff")),
            (alone, {"alpha": "true"}, Options()),
            (small, {"resize_mask": "true"}, Options(resize_mask=True)),
            (alone, {"extend": "10%,0,3,0"}, Options(extend=(4, 0, 3, 0))),
            (alone, {"canvas": "41x38", "alpha": "1"}, Options(canvas=(41, 38), alpha=True)),
            (
                small,
                {"extend": "0,0,0,5", "resize_mask": "1"},
                Options(extend=(0, 0, 0, 5), resize_mask=True),
            ),
        ]:
            answer = await c.post("/v1/inpaint", files=files, data=data)
            assert answer.status_code == 200, answer.text
            assert answer.content == expected(tiny, tmp_path, files, options)


async def test_another_format_and_its_remarks(client, tiny, tmp_path, upload):
    files = upload()
    async with client() as c:
        data = {"format": "jpg", "quality": "30"}
        answer = await c.post("/v1/inpaint", files=files, data=data)
        assert answer.headers["content-type"] == "image/jpeg"
        assert "x-deepgin-warnings" in answer.headers
        assert answer.content == expected(tiny, tmp_path, files, Options(), "out.jpg", 30)
        answer = await c.post("/v1/inpaint", files=files)
        assert "x-deepgin-warnings" not in answer.headers


@pytest.mark.parametrize(
    ("texture", "groups"),
    # Under texture the network is soft unless a sharpness is chosen.
    [("off", [["", "0.25"], ["0"], ["1"]]), ("auto", [["", "0"], ["0.25"], ["1"]])],
)
async def test_a_sharpness_may_be_asked_for(serving, stages, tmp_path, upload, texture, groups):
    files, answers = upload(), {}
    async with serving(model=Model(stages.both, "cpu")) as c:
        for at in ("", "1", "0", "0.25", ""):
            data = {"texture": texture, "sharpness": at}
            answer = await c.post("/v1/inpaint", files=files, data=data)
            sharpness = float(at) if at else None
            inpainter = Inpainter(stages.both, device="cpu", sharpness=sharpness)
            options = Options(texture=texture)
            assert answer.content == expected(inpainter, tmp_path, files, options)
            answers[at] = answer.content
    contents = [{answers[at] for at in group} for group in groups]
    assert [len(content) for content in contents] == [1] * 3
    assert len(set.union(*contents)) == 3


async def test_the_services_own_sharpness_is_that_under_texture_too(
    serving, stages, tmp_path, upload
):
    files = upload()
    sharp = expected(Inpainter(stages.sharp, device="cpu"), tmp_path, files, Options())
    async with serving(model=Model(stages.both, "cpu", sharpness=1.0)) as c:
        for data in ({}, {"sharpness": "1"}):
            assert (await c.post("/v1/inpaint", files=files, data=data)).content == sharp
        assert len(c.app.state.service.loaded._open) == 1


async def test_both_networks_are_open_once_it_is_ready(serving, stages, tmp_path, upload):
    weights = tmp_path / "gone.safetensors"
    weights.write_bytes(stages.both.read_bytes())
    async with serving(model=Model(weights, "cpu")) as c:
        weights.unlink()
        for texture in ("auto", "on", "off"):
            answer = await c.post("/v1/inpaint", files=upload(), data={"texture": texture})
            assert answer.status_code == 200, answer.text


async def test_a_gif_needs_another_format(client, picture_of, sentence):
    files = {"picture": ("a.gif", picture_of("RGB GIF", 30, 40))}
    async with client() as c:
        answer = await c.post("/v1/inpaint", files=files, data={"box": "4,3,16,6"})
    sentence(answer, 400, "format")


async def test_masks_with_almost_nothing_or_all_marked_are_warned_of(
    client, upload, encoded, decoded
):
    files, mask = upload(), np.zeros((29, 37), np.uint8)
    async with client() as c:
        files["mask"] = ("m.png", encoded(mask))
        empty = await c.post("/v1/inpaint", files=files)
        mask[1:] = 255
        files["mask"] = ("m.png", encoded(mask))
        full = await c.post("/v1/inpaint", files=files)
    np.testing.assert_array_equal(decoded(empty.content), decoded(files["picture"][1]))
    assert "--" not in empty.headers["x-deepgin-warnings"]
    assert "invert=true" in full.headers["x-deepgin-warnings"]


async def test_nothing_is_left_on_the_disk(client, upload, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    plain = {"texture": "off"}  # which would take long in so much noise
    async with client() as c:
        assert (await c.post("/v1/inpaint", files=upload(700, 900), data=plain)).status_code == 200
        bad = {"picture": ("a.png", b"nothing"), "mask": ("m.png", b"nothing")}
        assert (await c.post("/v1/inpaint", files=bad)).status_code == 422
        assert not list(tmp_path.iterdir())
