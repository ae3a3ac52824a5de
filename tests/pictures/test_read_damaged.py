"""Files that are no good pictures: a PictureError, whose one line names the file."""

import io
import random

import numpy as np
import pytest
from PIL import Image

from deepgin.errors import PictureError
from deepgin.pictures import read_mask, read_rgb
from deepgin.pictures.read import open_upright

FORMATS = ["PNG", "JPEG", "WEBP", "TIFF", "AVIF", "BMP"]


def encoded(picture_format, side=24):
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, picture_format)
    return file.getvalue()


def refusal(path, read=read_rgb):
    with pytest.raises(PictureError) as raised:
        read(path)
    message = str(raised.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    assert raised.value.exit_code == 1
    return message


@pytest.mark.parametrize("read", [read_rgb, read_mask])
def test_missing(tmp_path, read):
    assert "no such file" in refusal(tmp_path / "missing.png", read)


@pytest.mark.parametrize("read", [read_rgb, read_mask])
def test_empty(tmp_path, read):
    path = tmp_path / "empty.png"
    path.touch()
    assert "0 bytes" in refusal(path, read)


@pytest.mark.parametrize("content", [b"just some words\n", b"\0" * 100, b"\x89PNG"])
def test_not_a_picture(tmp_path, content):
    path = tmp_path / "text.png"
    path.write_bytes(content)
    assert "not a picture" in refusal(path)


def test_folder(tmp_path):
    path = tmp_path / "folder.png"
    path.mkdir()
    assert "is a folder" in refusal(path)


def test_path_through_a_file(tmp_path):
    (tmp_path / "file.png").touch()
    assert "Not a directory" in refusal(tmp_path / "file.png" / "picture.png")


@pytest.mark.parametrize("picture_format", FORMATS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_truncated(tmp_path, picture_format, share):
    content = encoded(picture_format)
    path = tmp_path / f"cut.{picture_format.lower()}"
    path.write_bytes(content[: int(len(content) * share)])
    refusal(path)


def test_decompression_bomb(tmp_path, monkeypatch):
    path = tmp_path / "bomb.png"
    path.write_bytes(encoded("PNG"))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert "too large" in refusal(path)


def test_unreadable_says_why(tmp_path, monkeypatch):
    def forbid(*args, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Image, "open", forbid)
    (tmp_path / "secret.png").write_bytes(b"x")
    assert refusal(tmp_path / "secret.png").endswith("cannot be read: Permission denied")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("picture_format", FORMATS)
def test_no_damage_raises_anything_else(tmp_path, picture_format):
    content, draws, refused = encoded(picture_format), random.Random(picture_format), 0
    path = tmp_path / "damaged"
    for turn in range(60):
        damaged = bytearray(content)
        if turn % 2:
            damaged = damaged[: draws.randrange(len(content))]
        for _ in range(draws.randrange(1, 5)):
            if damaged:
                damaged[draws.randrange(min(len(damaged), 400))] = draws.randrange(256)
        path.write_bytes(damaged)
        try:
            open_upright(path)
        except PictureError as error:
            refused += 1
            assert str(error).startswith(str(path))
    assert refused >= 25  # nearly all that were cut, and some that were not
