"""EXIF orientation: every one of the eight, for pictures and masks, applied exactly once."""

import numpy as np
import pytest
from PIL import ExifTags, Image

from deepgin.pictures import read_mask, read_rgb

# How the stored pixels are turned upright, by EXIF's own definition of its numbers.
UPRIGHT = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a, 1),
}


def exif_of(orientation):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return exif


@pytest.mark.parametrize("ending", ["png", "tiff", "webp"])
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_picture_is_read_upright(tmp_path, photo, orientation, ending):
    stored = photo(3, 5)
    path = tmp_path / f"turned.{ending}"
    options = {"lossless": True, "exact": True} if ending == "webp" else {}
    Image.fromarray(stored).save(path, exif=exif_of(orientation), **options)
    read = read_rgb(path)
    np.testing.assert_array_equal(np.asarray(read), UPRIGHT[orientation](stored))


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_jpeg_is_read_upright(tmp_path, orientation):
    stored = np.zeros((16, 32, 3), np.uint8)
    stored[:8, :8] = 255  # top left, as stored
    path = tmp_path / "turned.jpg"
    Image.fromarray(stored).save(path, exif=exif_of(orientation), quality=95)
    read = np.asarray(read_rgb(path))
    expected = UPRIGHT[orientation](stored)
    assert read.shape == expected.shape
    assert ((read >= 128) == (expected >= 128)).mean() > 0.99


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_mask_is_read_upright(tmp_path, orientation):
    stored = np.zeros((3, 5), np.bool_)
    stored[0, :2] = stored[2, 4] = True
    path = tmp_path / "mask.png"
    Image.fromarray(stored.astype(np.uint8) * np.uint8(255)).save(path, exif=exif_of(orientation))
    np.testing.assert_array_equal(read_mask(path), UPRIGHT[orientation](stored))


def test_damaged_exif_does_not_spoil_a_good_picture(tmp_path, photo):
    path = tmp_path / "odd.png"
    stored = photo(3, 5)
    Image.fromarray(stored).save(path, exif=b"Exif\0\0this is no EXIF")
    np.testing.assert_array_equal(np.asarray(read_rgb(path)), stored)
