"""16-bit colour: read in full and written in full, as other libraries see it too."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from deepgin.errors import PictureError, UsageError
from deepgin.pictures import Document, read_rgb
from deepgin.pictures.depth import _bits_in

from .builders import deep_png, exif_of

MODES = {1: "I;16", 2: "LA;16", 3: "RGB;16", 4: "RGBA;16"}


def noise(channels, size=(13, 9), seed=0):
    random = np.random.default_rng(seed)
    return random.integers(0, 65536, (size[1], size[0], channels), dtype=np.uint16)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_png_is_read_in_full(tmp_path, channels):
    pixels = noise(channels)
    (tmp_path / "deep.png").write_bytes(deep_png(pixels))
    found = Document.open(tmp_path / "deep.png")
    assert (found.mode, found.notes) == (MODES[channels], ())
    np.testing.assert_array_equal(found.pixels.reshape(pixels.shape), pixels)


@pytest.mark.parametrize("channels", [1, 3])
def test_one_transparent_colour_of_16_bit(tmp_path, channels):
    pixels = noise(channels)
    pixels[1] = pixels[0] ^ 1  # as near as can be, and not the same
    key = (b"tRNS", pixels[0, 3].astype(">u2").tobytes())
    (tmp_path / "deep.png").write_bytes(deep_png(pixels, key))
    found = Document.open(tmp_path / "deep.png")
    assert found.mode == MODES[channels + 1]
    expected = np.full((9, 13), 65535)
    expected[0, 3] = 0
    np.testing.assert_array_equal(found.pixels[..., -1], expected)
    np.testing.assert_array_equal(found.pixels[..., :-1], pixels)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("options", [{}, {"tile": (16, 16)}, {"compression": "deflate"}])
def test_tiff_is_read_in_full(tmp_path, channels, order, options):
    pixels = noise(channels, (37, 29))
    kind = "minisblack" if channels == 1 else "rgb"
    extra = {"extrasamples": ["unassalpha"]} if channels == 4 else {}
    own = pixels[..., 0] if channels == 1 else pixels
    options = {"photometric": kind, "byteorder": order, **extra, **options}
    tifffile.imwrite(tmp_path / "deep.tif", own, **options)
    found = Document.open(tmp_path / "deep.tif")
    assert found.mode == MODES[channels]
    np.testing.assert_array_equal(found.pixels.reshape(pixels.shape), pixels)


@pytest.mark.parametrize(
    "options",
    [{"photometric": "rgb", "extrasamples": ["assocalpha"]}, {"photometric": "separated"}],
)
def test_what_is_not_read_in_full_is_refused(tmp_path, options):
    tifffile.imwrite(tmp_path / "deep.tif", noise(4, (37, 29)), **options)
    (tmp_path / "deep.ppm").write_bytes(b"P6 2 1 65535\n" + bytes(range(12)))
    for name in ("deep.tif", "deep.ppm"):
        with pytest.raises(PictureError, match=name):
            Document.open(tmp_path / name)


@pytest.mark.parametrize("size", [(1, 1), (5, 1), (1, 700), (31, 257), (300, 256)])
@pytest.mark.parametrize(("ending", "channels"), [("png", 3), ("png", 4), ("tif", 3), ("tif", 4)])
def test_others_read_what_is_written(tmp_path, ending, channels, size):
    pixels = noise(channels, size)
    # Slopes as well as noise, so that every choice of the filter comes up.
    pixels[: size[1] // 2] = np.arange(size[0])[None, :, None] * 97
    Document.of_array(pixels).save(tmp_path / f"deep.{ending}")
    read = cv2.imread(str(tmp_path / f"deep.{ending}"), cv2.IMREAD_UNCHANGED)
    assert read.dtype == np.uint16
    order = [2, 1, 0, 3][:channels]
    np.testing.assert_array_equal(read[..., order], pixels)
    if ending == "tif":
        read = tifffile.imread(tmp_path / "deep.tif")
        np.testing.assert_array_equal(read.reshape(pixels.shape), pixels)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "CMYK", "I;16"])
def test_others_read_tiff_of_every_mode(tmp_path, mode):
    channels = {"L": 1, "I;16": 1, "LA": 2, "RGB": 3}.get(mode, 4)
    pixels = noise(channels, (70, 150))
    pixels = pixels if mode == "I;16" else pixels.astype(np.uint8)
    image = Image.frombytes(mode, (70, 150), pixels.tobytes())
    Document.of(image).save(tmp_path / "out.tif")
    read = tifffile.imread(tmp_path / "out.tif")
    np.testing.assert_array_equal(read.reshape(pixels.shape), pixels)
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        page = file.pages[0]
        names = {"RGB": "RGB", "RGBA": "RGB", "CMYK": "SEPARATED"}
        assert page.photometric.name == names.get(mode, "MINISBLACK")
        assert [e.name for e in page.extrasamples] == ["UNASSALPHA"] * ("A" in mode)


def test_slopes_are_packed_well(tmp_path):
    slope = np.arange(256 * 256, dtype=np.uint16).reshape(256, 256, 1).repeat(3, 2)
    for ending in ("png", "tif"):
        Document.of_array(slope).save(tmp_path / f"slope.{ending}")
        assert (tmp_path / f"slope.{ending}").stat().st_size < slope.nbytes / 50


def test_metadata_beside_deep_colour(tmp_path):
    pixels = noise(3)
    exif = exif_of(8)
    exif[0x010F] = "Maker"
    options = {"exif": exif, "dpi": (300, 200), "icc_profile": b"a profile"}
    Image.new("RGB", (13, 9)).save(tmp_path / "in.jpg", **options)
    metadata = Document.open(tmp_path / "in.jpg").metadata
    document = replace(Document.of_array(pixels), metadata=metadata)
    for ending in ("png", "tif"):
        document.save(tmp_path / f"deep.{ending}")
        found = Document.open(tmp_path / f"deep.{ending}")
        np.testing.assert_array_equal(found.pixels, pixels)
        assert found.metadata.icc == b"a profile"
        assert found.metadata.dpi == pytest.approx((200, 300), rel=1e-3)
        assert found.image().getexif()[0x010F] == "Maker"


@pytest.mark.parametrize("ending", ["jpg", "avif"])
def test_lossy_formats_say_that_8_bit_are_left(tmp_path, ending):
    flat = np.full((16, 16, 3), 257 * 90 + 100, np.uint16)
    for deep in (flat, flat[..., 0]):
        notes = Document.of_array(deep).save(tmp_path / f"out.{ending}", overwrite=True)
        assert any("holds 8 bit" in note for note in notes)
        read = np.asarray(read_rgb(tmp_path / f"out.{ending}")).astype(int)
        assert abs(read - 90).max() <= 1


def test_alpha_of_deep_colour_is_full_at_65535(tmp_path):
    deep = np.full((8, 8, 4), 200, np.uint16)  # colours of 8 bit
    deep[..., 3] = 65535
    Document.of_array(deep).save(tmp_path / "out.jpg")
    assert abs(np.asarray(read_rgb(tmp_path / "out.jpg")).astype(int) - 200).max() <= 1
    assert Document.of_array(deep).image().getpixel((0, 0)) == (200, 200, 200, 255)
    deep[..., 3] = 257 * 128
    assert Document.of_array(deep).image().getpixel((0, 0)) == (200, 200, 200, 128)


@pytest.mark.parametrize(
    ("channels", "ending"), [(1, "webp"), (3, "webp"), (3, "bmp"), (3, "jp2"), (2, "tif")]
)
def test_exact_formats_that_hold_8_bit_refuse(tmp_path, channels, ending):
    with pytest.raises(UsageError) as raised:
        Document.of_array(noise(channels)).save(tmp_path / f"out.{ending}")
    assert raised.value.field == "format"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("head", "bits"),
    [
        (b"....av1C\x81\x04\x0c\0", 8),
        (b"....av1C\x81\x04\x4c\0", 10),
        (b"....av1C\x81\x04\x6c\0", 12),
        (b"\xff\x4f\xff\x51" + b"\0" * 38 + b"\x0b", 12),
        (b"\xff\x4f\xff\x51" + b"\0" * 38 + b"\x07", 8),
        (b"av1C", 8),
        (b"", 8),
    ],
)
def test_bits_that_a_decoder_cuts_are_known(head, bits):
    assert _bits_in(head) == bits
