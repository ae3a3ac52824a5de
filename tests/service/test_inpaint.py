"""What `POST /v1/inpaint` answers: the bytes that the library would write."""

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from deepgin.inpainting import Inpainter, Options
from deepgin.pictures import Document, read_mask
from deepgin.pictures.png import write_png
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


def exif(orientation):
    tags = Image.Exif()
    tags[274], tags[271] = orientation, "maker"
    return tags


def rgba(photo):
    picture = np.dstack([photo(30, 40), photo(30, 40, 5)[..., 0]])
    picture[:3, :, 3] = 0
    return picture


def with_text(photo, encoded):
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "kept")
    return encoded(rgba(photo), exif=exif(6), pnginfo=text, icc_profile=b"profile")


def deep(photo, encoded):
    file = BytesIO()
    write_png(file, photo(30, 40).astype(np.uint16) * 257 + 3, {})
    return file.getvalue()


PICTURES = {
    "RGBA, turned": (with_text, "image/png"),
    "16 bit": (deep, "image/png"),
    "16-bit grey": (lambda p, e: e(p(30, 40)[..., 0].astype(np.uint16) * 99), "image/png"),
    "grey": (lambda p, e: e(p(30, 40)[..., 0]), "image/png"),
    "palette": (lambda p, e: e(Image.fromarray(p(30, 40)).quantize(9)), "image/png"),
    "JPEG, turned": (lambda p, e: e(p(30, 40), "JPEG", quality=80, exif=exif(6)), "image/jpeg"),
    "CMYK": (lambda p, e: e(Image.fromarray(p(30, 40)).convert("CMYK"), "JPEG"), "image/jpeg"),
    "CMYK TIFF": (lambda p, e: e(Image.fromarray(p(30, 40)).convert("CMYK"), "TIFF"), "image/tiff"),
    "WebP": (lambda p, e: e(p(30, 40), "WEBP", lossless=True), "image/webp"),
    "BMP": (lambda p, e: e(p(30, 40), "BMP"), "image/bmp"),
    "AVIF": (lambda p, e: e(p(30, 40), "AVIF"), "image/avif"),
}


@pytest.mark.parametrize("kind", PICTURES)
async def test_formats_come_back_as_they_are(client, tiny, tmp_path, photo, encoded, decoded, kind):
    make, content_type = PICTURES[kind]
    content = make(photo, encoded)
    shape = (40, 30) if "turned" in kind else (30, 40)
    files = {"picture": ("whatever", content), "mask": ("mask.png", encoded(hole(*shape)))}
    async with client() as c:
        answer = await c.post("/v1/inpaint", files=files)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == content_type
    assert answer.headers["x-deepgin-fit"].startswith("texture in 1 part")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content == expected(tiny, tmp_path, files, Options())
    (tmp_path / "out").write_bytes(answer.content)
    before, after = Document.open(tmp_path / "in"), Document.open(tmp_path / "out")
    assert (after.mode, after.size) == (before.mode, before.size)
    if content_type not in ("image/jpeg", "image/avif"):
        outside = hole(*shape) == 0
        np.testing.assert_array_equal(after.pixels[outside], before.pixels[outside])
        assert (after.pixels[~outside] != before.pixels[~outside]).any()
    if "turned" in kind:
        assert Image.open(tmp_path / "out").getexif()[271] == "maker"
        assert Image.open(tmp_path / "out").getexif().get(274, 1) == 1


@pytest.mark.parametrize(
    "given",
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
async def test_options_mean_what_they_mean_elsewhere(client, tiny, tmp_path, upload, given):
    kinds = {"dilate": int, "feather": int, "threshold": float, "fit": str, "texture": str}
    options = {name: kinds.get(name, bool)(value) for name, value in given.items() if value}
    files = upload()
    async with client() as c:
        answer = await c.post("/v1/inpaint", files=files, data=given)
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
        for files, given, options in [
            (alone, {"box": "4,3,16,6"}, Options(box="4,3,16,6")),
            (alone, {"color": "#ff00ff"}, Options(color="#ff00ff")),
            (alone, {"alpha": "true"}, Options()),
            (small, {"resize_mask": "true"}, Options(resize_mask=True)),
        ]:
            answer = await c.post("/v1/inpaint", files=files, data=given)
            assert answer.status_code == 200, answer.text
            assert answer.content == expected(tiny, tmp_path, files, options)


async def test_another_format_and_its_remarks(client, tiny, tmp_path, upload):
    files = upload()
    async with client() as c:
        given = {"format": "jpg", "quality": "30"}
        answer = await c.post("/v1/inpaint", files=files, data=given)
        assert answer.headers["content-type"] == "image/jpeg"
        assert "x-deepgin-warnings" in answer.headers
        assert answer.content == expected(tiny, tmp_path, files, Options(), "out.jpg", 30)
        answer = await c.post("/v1/inpaint", files=files)
        assert "x-deepgin-warnings" not in answer.headers


@pytest.mark.parametrize(
    ("texture", "groups"),
    # Under texture the network is soft unless told otherwise.
    [("off", [["", "0.25"], ["0"], ["1"]]), ("auto", [["", "0"], ["0.25"], ["1"]])],
)
async def test_a_sharpness_may_be_asked_for(serving, stages, tmp_path, upload, texture, groups):
    files, found = upload(), {}
    async with serving(model=Model(stages.both, "cpu")) as c:
        for at in ("", "1", "0", "0.25", ""):
            data = {"texture": texture, "sharpness": at}
            answer = await c.post("/v1/inpaint", files=files, data=data)
            sharpness = float(at) if at else None
            inpainter = Inpainter(stages.both, device="cpu", sharpness=sharpness)
            options = Options(texture=texture)
            assert answer.content == expected(inpainter, tmp_path, files, options)
            found[at] = answer.content
    contents = [{found[at] for at in group} for group in groups]
    assert [len(content) for content in contents] == [1] * 3
    assert len(set.union(*contents)) == 3


async def test_the_services_own_sharpness_is_that_under_texture_too(
    serving, stages, tmp_path, upload
):
    files = upload()
    sharp = expected(Inpainter(stages.sharp, device="cpu"), tmp_path, files, Options())
    async with serving(model=Model(stages.both, "cpu", sharpness=1.0)) as c:
        loaded = c.app.state.service.loaded
        for data in ({}, {"sharpness": "1"}):
            assert (await c.post("/v1/inpaint", files=files, data=data)).content == sharp
        assert loaded.at(1.0) is loaded.at(None) is loaded.inpainter


async def test_both_networks_are_open_once_it_is_ready(serving, stages, tmp_path, upload):
    weights = tmp_path / "gone.safetensors"
    weights.write_bytes(stages.both.read_bytes())
    async with serving(model=Model(weights, "cpu")) as c:
        weights.unlink()
        for texture in ("auto", "on", "off"):
            answer = await c.post("/v1/inpaint", files=upload(), data={"texture": texture})
            assert answer.status_code == 200, answer.text


async def test_a_gif_needs_another_format(client, photo, encoded, decoded, sentence):
    image = Image.fromarray(photo(30, 40)).quantize(16)
    files = {"picture": ("a.gif", encoded(image, "GIF"))}
    async with client() as c:
        answer = await c.post("/v1/inpaint", files=files, data={"box": "4,3,16,6"})
        sentence(answer, 400)
        assert answer.json()["field"] == "format"
        given = {"box": "4,3,16,6", "format": "png"}
        answer = await c.post("/v1/inpaint", files=files, data=given)
    assert decoded(answer.content).shape == (30, 40, 3)


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
