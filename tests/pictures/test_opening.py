"""What is opened: the formats that are meant, quietly, and what goes wrong in one line."""

import io
import struct
import subprocess
import warnings
import zlib

import pytest
from PIL import EpsImagePlugin, Image, ImageFile

from deepgin.errors import PictureError
from deepgin.inpainting.inputs import as_document, as_guidance, as_marks
from deepgin.pictures import Document, open_image, read_mask, read_rgb
from deepgin.pictures.opening import LONGEST_TEXT

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n%%EOF\n"
DOORS = [Document.open, read_mask, read_rgb]
GIVEN = [as_document, as_marks, as_guidance]


@pytest.fixture
def no_programs(monkeypatch):
    started = []
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *args, **options: started.append(1))
    monkeypatch.setattr(subprocess, "Popen", lambda *args, **options: started.append(1))
    yield
    assert not started


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", ["photo.jpg", "photo.eps", "photo.png"])
def test_eps_starts_no_program(tmp_path, no_programs, door, name):
    (tmp_path / name).write_bytes(EPS)
    with pytest.raises(PictureError, match=name):
        door(tmp_path / name)


@pytest.mark.parametrize("door", GIVEN)
def test_eps_opened_by_others_starts_no_program(tmp_path, no_programs, door):
    (tmp_path / "photo.jpg").write_bytes(EPS)
    with Image.open(tmp_path / "photo.jpg") as image, pytest.raises(PictureError, match="photo"):
        door(image)


@pytest.mark.parametrize(
    "kind",
    [
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
    ],
)
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


def test_96_megapixels_are_no_error(tmp_path, monkeypatch):
    # As if the limit of Pillow lay so low.
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 48)
    Image.new("L", (8, 8)).save(tmp_path / "in.png")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Document.open(tmp_path / "in.png").size == (8, 8)
        assert read_mask(tmp_path / "in.png").shape == (8, 8)
    Image.new("L", (12, 12)).save(tmp_path / "in.png")
    with pytest.raises(PictureError, match="too large"):
        Document.open(tmp_path / "in.png")


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
            assert "\n" not in str(error)
    assert capfd.readouterr() == ("", "")


def png_with(*chunks):
    file = io.BytesIO()
    Image.new("L", (4, 4)).save(file, "PNG")
    packed = b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )
    return file.getvalue()[:33] + packed + file.getvalue()[33:]


def test_long_text_and_profiles_are_read(tmp_path):
    text, profile = bytes(2 << 20), bytes(3 << 20)
    (tmp_path / "in.png").write_bytes(
        png_with(
            (b"iCCP", b"p\0\0" + zlib.compress(profile)),
            (b"zTXt", b"workflow\0\0" + zlib.compress(text)),
        )
    )
    Document.open(tmp_path / "in.png").save(tmp_path / "out.png")
    found = Document.open(tmp_path / "out.png").metadata
    assert found.icc == profile
    assert found.text == (("workflow", text.decode()),)


def test_bombs_of_text_are_refused(tmp_path):
    bomb = zlib.compress(bytes(LONGEST_TEXT + 1))
    for chunk in ((b"zTXt", b"k\0\0" + bomb), (b"iCCP", b"p\0\0" + bomb)):
        (tmp_path / "in.png").write_bytes(png_with(chunk))
        with pytest.raises(PictureError, match=r"in\.png .*MiB"):
            Document.open(tmp_path / "in.png")


def test_what_is_too_long_to_be_read_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr("deepgin.pictures.formats.LONGEST_TEXT", 1000)
    Image.new("L", (4, 4)).save(tmp_path / "in.tif", icc_profile=bytes(1001))
    notes = Document.open(tmp_path / "in.tif").save(tmp_path / "out.png")
    assert len(notes) == 1
    assert Document.open(tmp_path / "out.png").metadata.icc == b""
