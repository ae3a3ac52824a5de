"""Writing pictures: formats by ending, and whole or not at all."""

import errno

import numpy as np
import pytest
from PIL import Image

from deepgin.errors import DeepginError, UsageError
from deepgin.pictures import check_target, read_rgb, write_picture

OLD = b"what was there before"


@pytest.fixture
def picture(photo):
    return Image.fromarray(photo(9, 7))


@pytest.mark.parametrize("ending", ["png", "PNG", "tiff", "bmp"])
def test_lossless_formats_keep_every_pixel(tmp_path, picture, ending):
    path = tmp_path / f"out.{ending}"
    write_picture(picture, path)
    np.testing.assert_array_equal(np.asarray(read_rgb(path)), np.asarray(picture))


@pytest.mark.parametrize(
    ("ending", "picture_format"), [("jpg", "JPEG"), ("JPEG", "JPEG"), ("webp", "WEBP")]
)
def test_lossy_formats(tmp_path, ending, picture_format):
    path = tmp_path / f"out.{ending}"
    write_picture(Image.new("RGB", (9, 7), (10, 100, 200)), path)
    with Image.open(path) as written:
        assert (written.format, written.size) == (picture_format, (9, 7))
        difference = np.abs(np.asarray(written.convert("RGB")).astype(int) - (10, 100, 200))
    assert difference.max() <= 3


def test_jpeg_keeps_colours_at_full_resolution(tmp_path):
    pixels = np.zeros((16, 16, 3), np.uint8)
    pixels[:, ::2] = (255, 0, 0)
    pixels[:, 1::2] = (0, 0, 255)
    write_picture(Image.fromarray(pixels), tmp_path / "out.jpg")
    read = np.asarray(read_rgb(tmp_path / "out.jpg")).astype(int)
    assert np.abs(read - pixels).max() < 40  # with halved colour, red and blue would mix


@pytest.mark.parametrize("name", ["out", "out.txt", "out.png.", "out.psd"])
def test_unknown_ending_is_refused(tmp_path, picture, name):
    with pytest.raises(UsageError) as raised:
        write_picture(picture, tmp_path / name)
    assert raised.value.field == "format"
    assert name in str(raised.value)
    assert not list(tmp_path.iterdir())


def test_known_ending(tmp_path):
    assert check_target(str(tmp_path / "a.png")) == tmp_path / "a.png"


def test_overwrites_only_when_asked(tmp_path, picture):
    path = tmp_path / "out.png"
    path.write_bytes(OLD)
    with pytest.raises(UsageError) as raised:
        write_picture(picture, path)
    assert raised.value.field == "overwrite"
    assert path.read_bytes() == OLD
    write_picture(picture, path, overwrite=True)
    np.testing.assert_array_equal(np.asarray(read_rgb(path)), np.asarray(picture))
    assert list(tmp_path.iterdir()) == [path]


def half_written(error):
    def save(self, path, **options):
        path.write_bytes(b"the first half")
        raise error

    return save


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError("encoder error -2"),
        ValueError("the format holds no such size"),
        KeyError("mode"),
    ],
)
@pytest.mark.parametrize("before", [None, OLD])
def test_failure_leaves_what_was_there(tmp_path, picture, monkeypatch, error, before):
    path = tmp_path / "out.png"
    if before:
        path.write_bytes(before)
    monkeypatch.setattr(Image.Image, "save", half_written(error))
    with pytest.raises(DeepginError, match="cannot be written") as raised:
        write_picture(picture, path, overwrite=True)
    assert str(path) in str(raised.value)
    assert raised.value.exit_code == 1
    assert [(p, p.read_bytes()) for p in tmp_path.iterdir()] == ([(path, OLD)] if before else [])


def test_interruption_leaves_what_was_there(tmp_path, picture, monkeypatch):
    path = tmp_path / "out.png"
    path.write_bytes(OLD)
    monkeypatch.setattr(Image.Image, "save", half_written(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        write_picture(picture, path, overwrite=True)
    assert [(p, p.read_bytes()) for p in tmp_path.iterdir()] == [(path, OLD)]


def test_mode_that_the_format_cannot_hold(tmp_path):
    with pytest.raises(DeepginError, match="cannot be written"):
        write_picture(Image.new("RGBA", (3, 3)), tmp_path / "out.jpg")
    assert not list(tmp_path.iterdir())


def test_missing_folder_is_named(tmp_path, picture):
    with pytest.raises(DeepginError, match="no folder") as raised:
        write_picture(picture, tmp_path / "nowhere" / "out.png")
    assert str(tmp_path / "nowhere") in str(raised.value)


def test_folder_as_target(tmp_path, picture):
    (tmp_path / "out.png").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        write_picture(picture, tmp_path / "out.png", overwrite=True)
    assert not list((tmp_path / "out.png").iterdir())
