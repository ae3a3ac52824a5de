"""HEIC through the extra, and what is said without it."""

import sys

import numpy as np
import pytest
from PIL import Image

from deepgin.errors import DeepginError, PictureError
from deepgin.pictures import Document, check_target, opening, provenance_of, read_mask, read_rgb

from .builders import exif_of

pillow_heif = pytest.importorskip("pillow_heif")


@pytest.fixture
def heic(tmp_path):
    """A HEIC of two colours, its right half white; written through the plain library."""
    pixels = np.zeros((48, 64, 3), np.uint8)
    pixels[:, 32:] = 255
    exif = Image.Exif()
    exif[0x010F] = "Phone"
    options = {"exif": exif.tobytes(), "icc_profile": b"", "quality": 90}
    file = pillow_heif.from_pillow(Image.fromarray(pixels))
    file.save(tmp_path / "in.heic", **options)
    return tmp_path / "in.heic"


def near(found, expected):
    return np.abs(np.asarray(found).astype(int) - expected).mean() < 3


def test_read(heic):
    document = Document.open(heic)
    assert (document.mode, document.format, document.size) == ("RGB", "HEIF", (64, 48))
    assert document.notes == ()
    assert near(document.pixels[:, :30], 0)
    assert near(document.pixels[:, 34:], 255)
    assert near(np.asarray(read_rgb(heic))[:, 34:], 255)
    assert read_mask(heic)[:, 34:].all()
    heic.rename(heic.with_name("in.jpg"))
    assert Document.open(heic.with_name("in.jpg")).format == "HEIF"


@pytest.mark.parametrize("ending", ["heic", "jpg", "png"])
def test_write(heic, ending):
    check_target(heic.with_name(f"out.{ending}"))
    document = Document.open(heic)
    hole = np.zeros((48, 64), np.bool_)
    hole[8:40, 8:24] = True
    filled = document.filled(np.full((48, 64, 3), 120, np.uint8), hole)
    notes = filled.save(heic.with_name(f"out.{ending}"), provenance={"a": 1})
    assert any("is not exact" in note for note in notes) == (ending != "png")
    found = Document.open(heic.with_name(f"out.{ending}"))
    assert near(found.pixels, filled.pixels)
    assert found.image().getexif()[0x010F] == "Phone"
    assert provenance_of(heic.with_name(f"out.{ending}")) == {"a": 1}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_once(heic, orientation):
    exif = exif_of(orientation)
    opening.heif_readable()
    pixels = np.zeros((48, 64), np.uint8)
    pixels[:16, :32] = 255
    Image.fromarray(pixels).convert("RGB").save(heic, exif=exif.tobytes(), quality=95)
    exif_turned = heic.with_name("same.png")
    Image.fromarray(pixels).convert("RGB").save(exif_turned, exif=exif.tobytes())
    expected = Document.open(exif_turned).pixels
    document = Document.open(heic)
    assert document.pixels.shape == expected.shape
    assert near(document.pixels, expected)
    document.save(heic.with_name("out.heic"))
    assert near(Document.open(heic.with_name("out.heic")).pixels, expected)


def test_ten_bits_are_said(heic):
    deep = np.random.default_rng(0).integers(0, 65536, (48, 64, 3), dtype=np.uint16)
    pillow_heif.from_bytes("RGB;16", (64, 48), deep.tobytes()).save(heic)
    (note,) = Document.open(heic).notes
    assert "10-bit" in note


def test_without_the_extra(heic, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    opening.heif_readable.cache_clear()
    try:
        for read in (Document.open, read_mask, read_rgb):
            with pytest.raises(PictureError, match=r"in\.heic"):
                read(heic)
        with pytest.raises(DeepginError, match=r"out\.heic"):
            check_target(heic.with_name("out.heic"))
    finally:
        opening.heif_readable.cache_clear()
