"""What is opened: the formats that are meant, quietly, and what goes wrong in one line."""

import io
import random
import struct
import subprocess
import warnings
import zlib

import numpy as np
import pytest
from PIL import EpsImagePlugin, Image, ImageFile

from deepgin.errors import PictureError
from deepgin.inpainting.inputs import as_document, as_guidance, as_marks
from deepgin.pictures import Document, fitting, open_image, read_mask, read_rgb
from deepgin.pictures.opening import LONGEST_TEXT

from .builders import png_with

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n%%EOF\n"
DOORS = [Document.open, read_mask, read_rgb]
GIVEN = [as_document, as_marks, as_guidance]
FORMATS = ["PNG", "JPEG", "WEBP", "TIFF", "AVIF", "BMP"]


def refusal(path, door=Document.open):
    with pytest.raises(PictureError) as raised:
        door(path)
    message = str(raised.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    assert raised.value.exit_code == 1
    return message


@pytest.fixture
def no_programs(monkeypatch):
    started = []
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *args, **options: started.append(1))
    monkeypatch.setattr(subprocess, "Popen", lambda *args, **options: started.append(1))
    yield
    assert not started


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", ["photo.jpg", "photo.eps"])
def test_eps_starts_no_program(tmp_path, no_programs, door, name):
    (tmp_path / name).write_bytes(EPS)
    refusal(tmp_path / name, door)


@pytest.mark.parametrize("door", GIVEN)
def test_eps_opened_by_others_starts_no_program(tmp_path, no_programs, door):
    (tmp_path / "photo.jpg").write_bytes(EPS)
    with Image.open(tmp_path / "photo.jpg") as image, pytest.raises(PictureError, match="photo"):
        door(image)


READ = [
    "PNG",
    "JPEG",
    "WEBP",
    "TIFF",
    "AVIF",
    "GIF",
    "BMP",
    "DIB",
    "JPEG2000",
    "PPM",
    "TGA",
    "PCX",
    "SGI",
    "ICO",
    "QOI",
]


@pytest.mark.parametrize("kind", READ)
def test_formats_that_are_meant(kind):
    file = io.BytesIO()
    Image.new("RGB", (16, 16), (10, 200, 30)).save(file, kind)
    file.seek(0)
    with open_image(file) as image:
        assert image.size == (16, 16)


class Lazy(ImageFile.ImageFile):
    """A picture whose decoder fails in some way."""

    format = "PNG"

    def _open(self):
        self._size, self._mode = (4, 4), "L"
        self.tile = [ImageFile._Tile("raw", (0, 0, 4, 4), 0, "L")]

    def load(self):
        raise self.error


@pytest.mark.parametrize("door", GIVEN)
@pytest.mark.parametrize("error", [TypeError(), IndexError("x"), struct.error("x"), OSError("x")])
def test_lazily_opened_images_of_damaged_files(door, error):
    image = Lazy(io.BytesIO(b"123"))
    image.error = error
    with pytest.raises(PictureError, match="damaged"):
        door(image)


@pytest.mark.parametrize("door", DOORS)
def test_missing_empty_and_other_files(tmp_path, door):
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "circle.png").symlink_to(tmp_path / "circle.png")
    contents = {"empty.png": b"", "text.png": b"just some words\n", "head.png": b"\x89PNG"}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    for name in ("missing.png", "folder.png", "circle.png", "text.png/picture.png", *contents):
        refusal(tmp_path / name, door)


def test_unreadable_says_why(tmp_path, monkeypatch):
    def forbid(*args, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Image, "open", forbid)
    (tmp_path / "secret.png").write_bytes(b"x")
    assert refusal(tmp_path / "secret.png").endswith("Permission denied")


def test_the_limit_of_pixels(tmp_path, monkeypatch):
    # As if the limit of Pillow lay so low: at twice that it refuses.
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 48)
    Image.new("L", (8, 8)).save(tmp_path / "in.png")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Document.open(tmp_path / "in.png").size == (8, 8)
        assert read_mask(tmp_path / "in.png").shape == (8, 8)
    Image.new("L", (12, 12)).save(tmp_path / "in.png")
    for door in DOORS:
        assert "too large" in refusal(tmp_path / "in.png", door)


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
def test_libtiff_prints_nothing(tmp_path, photo, compression, capfd):
    path = tmp_path / "in.tif"
    Image.fromarray(photo(64, 64)).save(path, compression=compression)
    content = path.read_bytes()
    damaged = bytearray(content)
    for at in range(64, len(content) - 300, 41):
        damaged[at] ^= 0x5A
    for bad in (bytes(damaged), content[: len(content) // 2], content[:30]):
        path.write_bytes(bad)
        try:
            Document.open(path)
        except PictureError as error:
            assert str(path) in str(error)
    assert capfd.readouterr() == ("", "")


EIGHT = [(ending, np.uint8) for ending in ("png", "jpg", "webp", "tif", "avif", "bmp")]


@pytest.mark.parametrize(("ending", "dtype"), [*EIGHT, ("png", np.uint16), ("tif", np.uint16)])
def test_cut_files(tmp_path, photo, ending, dtype):
    path = tmp_path / f"in.{ending}"
    Document.of_array(photo(60, 60).astype(dtype)).save(path)
    content = path.read_bytes()
    for share in (0.3, 0.6, 0.9):
        path.write_bytes(content[: int(len(content) * share)])
        refusal(path)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("picture_format", FORMATS)
def test_no_damage_raises_anything_else(tmp_path, photo, picture_format):
    path = tmp_path / "damaged"
    Image.fromarray(photo(24, 24)).save(path, picture_format)
    content, draws, refused = path.read_bytes(), random.Random(picture_format), 0
    for turn in range(60):
        damaged = bytearray(content)
        if turn % 2:
            damaged = damaged[: draws.randrange(len(content))]
        for _ in range(draws.randrange(1, 5)):
            if damaged:
                damaged[draws.randrange(min(len(damaged), 400))] = draws.randrange(256)
        path.write_bytes(damaged)
        try:
            Document.open(path)
        except PictureError as error:
            refused += 1
            assert str(error).startswith(str(path))
    assert refused >= 25  # nearly all that were cut, and some that were not


def test_long_text_and_profiles_are_read(tmp_path):
    text, profile = bytes(2 << 20), bytes(3 << 20)
    chunks = (
        (b"iCCP", b"p\0\0" + zlib.compress(profile)),
        (b"zTXt", b"workflow\0\0" + zlib.compress(text)),
    )
    (tmp_path / "in.png").write_bytes(png_with(Image.new("L", (4, 4)), *chunks))
    Document.open(tmp_path / "in.png").save(tmp_path / "out.png")
    metadata = Document.open(tmp_path / "out.png").metadata
    assert metadata.icc == profile
    assert metadata.text == (("workflow", text.decode()),)


def test_bombs_of_text_are_refused(tmp_path):
    bomb = zlib.compress(bytes(LONGEST_TEXT + 1))
    for chunk in ((b"zTXt", b"k\0\0" + bomb), (b"iCCP", b"p\0\0" + bomb)):
        (tmp_path / "in.png").write_bytes(png_with(Image.new("L", (4, 4)), chunk))
        assert "MiB" in refusal(tmp_path / "in.png")


def test_what_is_too_long_to_be_read_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setitem(fitting._LONGEST, ("PNG", "icc"), (1000, "too long"))
    Image.new("L", (4, 4)).save(tmp_path / "in.tif", icc_profile=bytes(1001))
    notes = Document.open(tmp_path / "in.tif").save(tmp_path / "out.png")
    assert len(notes) == 1
    assert Document.open(tmp_path / "out.png").metadata.icc == b""
