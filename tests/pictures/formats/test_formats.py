"""Formats by name, what they refuse, and how exact they are."""

import numpy as np
import pytest
from PIL import Image

from deepgin.errors import UsageError
from deepgin.pictures import Document, check_target
from deepgin.pictures.formats import FORMATS, WRITABLE_ENDINGS, format_named


def scene(height=48, width=64):
    """A picture that JPEG codes well: slopes, and a few edges."""
    rows, columns = np.mgrid[:height, :width]
    pixels = np.stack([60 + rows, 50 + columns, 200 - rows - columns // 2], 2).clip(0, 255)
    pixels[10:30, 20:50, 1] += 60
    return pixels.astype(np.uint8)


def refused(document, path, field="format", **options):
    with pytest.raises(UsageError) as raised:
        document.save(path, **options)
    assert raised.value.field == field
    assert str(path) in str(raised.value) or field != "format"
    assert not path.exists()


@pytest.mark.parametrize("ending", sorted(WRITABLE_ENDINGS - {".heic", ".heif", ".hif"}))
def test_every_ending_is_written_in_its_format(tmp_path, ending):
    path = tmp_path / f"out{ending.upper()}"
    Document.of_array(scene()).save(path)
    with Image.open(path) as written:
        assert written.format == format_named(path).name
        assert written.size == (64, 48)


@pytest.mark.parametrize("name", ["out.gif", "out.pdf", "out.txt", "out", "out.png.", ".png"])
def test_names_of_no_format(tmp_path, name):
    refused(Document.of_array(scene()), tmp_path / name)
    with pytest.raises(UsageError) as raised:
        check_target(name)
    assert raised.value.field == "format"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_name_without_an_ending_gets_the_own_format(tmp_path, kind):
    Image.fromarray(scene()).save(tmp_path / "in", kind)
    document = Document.open(tmp_path / "in")
    if kind == "GIF":  # is not written
        refused(document, tmp_path / "out")
    else:
        document.save(tmp_path / "out")
        assert Document.open(tmp_path / "out").format == kind


@pytest.mark.parametrize(("ending", "channels"), [("jpg", 4), ("jpg", 2), ("bmp", 4), ("ppm", 4)])
def test_alpha_that_says_something_is_not_dropped(tmp_path, ending, channels):
    pixels = np.full((4, 5, channels), 255, np.uint8)
    pixels[0, 0, -1] = 254
    refused(Document.of_array(pixels), tmp_path / f"out.{ending}")
    pixels[0, 0, -1] = 255
    Document.of_array(pixels).save(tmp_path / f"out.{ending}")
    assert Document.open(tmp_path / f"out.{ending}").mode == {2: "L", 4: "RGB"}[channels]


@pytest.mark.parametrize("ending", ["png", "webp", "avif", "bmp", "jp2"])
def test_cmyk_is_not_turned_into_other_colours(tmp_path, ending):
    refused(Document.of(Image.new("CMYK", (5, 4), (1, 2, 3, 4))), tmp_path / f"out.{ending}")


@pytest.mark.parametrize(("shape", "mode"), [((4, 5), "RGB"), ((4, 5, 2), "RGBA")])
def test_webp_of_grey(tmp_path, shape, mode):
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    document = Document.of_array(pixels)
    notes = document.save(tmp_path / "out.webp")
    assert len(notes) == 1
    found = Document.open(tmp_path / "out.webp")
    assert found.mode == mode
    np.testing.assert_array_equal(found.rgb(), document.rgb())


@pytest.mark.parametrize(
    "ending", ["png", "tif", "bmp", "webp", "jp2", "tga", "ppm", "jpg", "avif"]
)
def test_lossy_formats_alone_have_a_note(tmp_path, ending):
    document = Document.of_array(scene())
    lossy = ending in ("jpg", "avif")
    assert len(document.save(tmp_path / f"out.{ending}")) == lossy
    written = Document.open(tmp_path / f"out.{ending}").pixels
    assert np.abs(written.astype(int) - document.pixels).max() <= (20 if lossy else 0)


def test_webp_is_lossless_until_a_quality_is_asked_for(tmp_path):
    document = Document.of_array(scene())
    document.save(tmp_path / "exact.webp")
    np.testing.assert_array_equal(Document.open(tmp_path / "exact.webp").pixels, document.pixels)
    assert len(document.save(tmp_path / "rated.webp", quality=80)) == 1
    assert (Document.open(tmp_path / "rated.webp").pixels != document.pixels).any()
    assert b"VP8L" in (tmp_path / "exact.webp").read_bytes()[:64]
    assert b"VP8L" not in (tmp_path / "rated.webp").read_bytes()[:64]


@pytest.mark.parametrize(("before", "after"), [("webp", "webp"), ("jpg", "png")])
def test_lossy_files_come_back_as_they_were_decoded(tmp_path, before, after):
    Image.fromarray(scene()).save(tmp_path / f"in.{before}", quality=50)
    document = Document.open(tmp_path / f"in.{before}")
    assert document.save(tmp_path / f"out.{after}") == ()
    np.testing.assert_array_equal(Document.open(tmp_path / f"out.{after}").pixels, document.pixels)


@pytest.mark.parametrize("ending", ["jpg", "webp", "avif"])
def test_quality(tmp_path, ending):
    sizes = []
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    for quality in (20, 90):
        path = tmp_path / f"{quality}.{ending}"
        Document.of_array(noise).save(path, quality=quality)
        sizes.append(path.stat().st_size)
    assert sizes[0] * 1.5 < sizes[1]


def test_a_quality_that_is_not_used_is_said(tmp_path):
    notes = Document.of_array(scene()).save(tmp_path / "out.png", quality=80)
    assert len(notes) == 1


@pytest.mark.parametrize("quality", [-1, 101])
def test_a_quality_out_of_range(tmp_path, quality):
    refused(Document.of_array(scene()), tmp_path / "out.jpg", "quality", quality=quality)


def test_endings_are_each_of_one_format():
    endings = [ending for f in FORMATS for ending in f.endings]
    assert len(endings) == len(set(endings)) == len(WRITABLE_ENDINGS)


@pytest.mark.parametrize("target", [f for f in FORMATS if "xmp" not in f.kept])
def test_provenance_where_it_cannot_be_told(tmp_path, target):
    path = tmp_path / f"out{target.endings[0]}"
    refused(Document.of_array(scene()), path, provenance={"a": 1})
