"""Pictures of several formats through the page: each comes back as what it was."""

import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image


def sideways():
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def repaired(person, path):
    """Return the mask, and the downloaded picture with its name."""
    person.open(path)
    person.drag((20, 20), (40, 30))
    hole = person.mask()
    person.fill()
    name, data = person.download()
    image = Image.open(BytesIO(data))
    image.load()
    return hole, name, image


def test_a_jpeg_that_lies_on_its_side(person, picture):
    path = picture("Photo.JPG", exif=sideways(), quality=95, subsampling=0)
    hole, name, result = repaired(person, path)
    assert person.page.text_content("#dimensions") == "64 × 96"
    assert (name, result.format, result.size) == ("Photo-filled.JPG", "JPEG", (64, 96))
    assert result.getexif().get(0x0112, 1) == 1
    upright = np.asarray(Image.open(path).transpose(Image.Transpose.ROTATE_270)).astype(int)
    assert np.abs(np.asarray(result)[~hole] - upright[~hole]).mean() < 3


@pytest.mark.parametrize("ending", ["png", "webp"])
def test_formats_whose_orientation_browsers_forget(person, picture, ending):
    path = picture(
        f"a.{ending}", exif=sideways(), **({"lossless": True} if ending == "webp" else {})
    )
    hole, name, result = repaired(person, path)
    assert (name, result.size, hole.shape) == (f"a-filled.{ending}", (64, 96), (96, 64))
    upright = np.asarray(Image.open(path).transpose(Image.Transpose.ROTATE_270))
    assert np.array_equal(np.asarray(result.convert("RGB"))[~hole], upright[~hole])


def test_webp_is_shown_upright(person, tmp_path):
    # Each corner has its colour, so that every way of lying is told from the others.
    corners = np.array(
        [[[255, 0, 0], [0, 255, 0], [0, 0, 255]], [[0, 0, 0], [99, 99, 99], [255] * 3]]
    )
    big = corners.astype(np.uint8).repeat(32, 0).repeat(32, 1)
    for orientation in range(2, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.fromarray(big).save(tmp_path / "a.webp", lossless=True, exif=exif)
        Image.fromarray(big).save(tmp_path / "a.jpg", quality=100, subsampling=0, exif=exif)
        seen = []
        for name in ("a.webp", "a.jpg"):
            person.open(tmp_path / name)
            seen.append(person.shown().astype(int))
        # Where two colours meet, a JPEG blurs.
        assert (np.abs(seen[0] - seen[1]).max(2) > 12).mean() < 0.02, orientation


def test_sixteen_bit_stays_sixteen_bit(person, tmp_path):
    deep = np.random.default_rng(0).integers(0, 65536, (64, 96), dtype=np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    hole, _, result = repaired(person, tmp_path / "deep.png")
    assert result.mode == "I;16"
    assert np.array_equal(np.asarray(result)[~hole], deep[~hole])


def test_a_cmyk_jpeg_and_an_avif_are_shown_and_filled(person, picture):
    _, name, result = repaired(person, picture("c.jpg", mode="CMYK", quality=95))
    assert (name, result.mode) == ("c-filled.jpg", "CMYK")
    _, name, result = repaired(person, picture("c.avif"))
    assert (name, result.format) == ("c-filled.avif", "AVIF")


def test_a_gif_which_is_not_written_comes_back_as_png(person, picture):
    path = picture("c.gif")
    hole, name, result = repaired(person, path)
    assert (name, result.format) == ("c-filled.png", "PNG")
    before = np.asarray(Image.open(path).convert("RGB"))
    assert np.array_equal(np.asarray(result)[~hole], before[~hole])


def test_what_the_browser_cannot_show_is_said_in_words(person, tmp_path):
    command = "The command line may take it: deepgin inpaint"
    for name, content, words in (
        ("a.tif", b"II*\0rest", f"This browser shows no TIFF pictures. {command}"),
        ("a.heic", b"ftypheic", "This browser shows no HEIC pictures."),
        ("a.jpg", b"hello", "a.jpg is not a picture that this browser can show"),
        ("a.png", b"", "a.png is empty (0 bytes)."),
    ):
        (tmp_path / name).write_bytes(content)
        person.page.set_input_files("#picture-file", tmp_path / name)
        person.hears(f"^{re.escape(words)}")
        assert person.page.is_visible(".message.wrong")
        assert person.page.is_visible("#choose")
