"""TIFF that Pillow reads in part, wrongly or not at all."""

import io
import struct

import numpy as np
import pytest
import tifffile
from PIL import Image

from deepgin.errors import PictureError
from deepgin.inpainting.inputs import as_document, as_marks
from deepgin.pictures import Document, read_mask, read_rgb

from ..builders import UPRIGHT

MODES = {"L": 1, "P": 1, "RGB": 3, "RGBA": 4, "CMYK": 4, "I;16": 1}


def stored(mode, photo):
    if mode == "I;16":
        return Image.fromarray(photo(7, 9)[..., 0].astype(np.uint16) * 257)
    return Image.fromarray(photo(7, 9)).convert(mode)


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("mode", MODES)
def test_one_strip_without_compression(tmp_path, photo, mode, orientation):
    image, path = stored(mode, photo), tmp_path / "in.tif"
    image.save(path, tiffinfo={274: orientation})
    assert tifffile.TiffFile(path).pages[0].tags[273].count == 1
    expected = UPRIGHT[orientation](np.asarray(image.convert("RGB") if mode == "P" else image))
    np.testing.assert_array_equal(Document.open(path).pixels, expected)
    with Image.open(path) as lazy:  # by others, by its path
        np.testing.assert_array_equal(as_document(lazy).pixels, expected)
    rgb = read_rgb(path)
    light = np.asarray(rgb.convert("L")) / 255 >= 0.5
    np.testing.assert_array_equal(read_mask(path), light)
    with Image.open(path) as lazy:
        np.testing.assert_array_equal(as_marks(lazy).mask, light)
    assert rgb.size == expected.shape[1::-1]


@pytest.mark.parametrize("compression", [None, "deflate"])
def test_16_bit_white_is_zero(tmp_path, compression):
    ink = np.array([[0, 65535, 1000], [32767, 32768, 65000]], np.uint16)
    tifffile.imwrite(tmp_path / "in.tif", ink, photometric="miniswhite", compression=compression)
    found = Document.open(tmp_path / "in.tif")
    assert (found.mode, found.white) == ("I;16", 65535)
    np.testing.assert_array_equal(found.pixels, 65535 - ink)
    np.testing.assert_array_equal(read_mask(tmp_path / "in.tif"), ink <= 32767)
    found.save(tmp_path / "out.tif")
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "out.tif"), 65535 - ink)


def twelve_bits(values):
    """A plain TIFF of 12-bit grey, two samples in three bytes."""
    pairs = values.reshape(-1, 2)
    packed = np.stack(
        [pairs[:, 0] >> 4, (pairs[:, 0] & 15) << 4 | pairs[:, 1] >> 8, pairs[:, 1] & 255], axis=1
    ).astype(np.uint8)
    height, width = values.shape
    start = 8 + 2 + 9 * 12 + 4
    short, long = 3, 4
    tags = [(256, short, width), (257, short, height), (258, short, 12), (259, short, 1)]
    tags += [(262, short, 1), (273, long, start), (277, short, 1), (278, short, height)]
    tags += [(279, long, packed.size)]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", 9) + entries + bytes(4) + packed.tobytes()


def test_12_bit_is_scaled(tmp_path):
    values = np.random.default_rng(0).integers(0, 1000, (6, 8))  # dark: white is not guessed
    (tmp_path / "in.tif").write_bytes(twelve_bits(values))
    found = Document.open(tmp_path / "in.tif")
    assert (found.mode, found.white) == ("I;16", 65535)
    np.testing.assert_allclose(found.pixels, values * (65535 / 4095), atol=1)
    np.testing.assert_allclose(found.rgb()[..., 0], values * (255 / 4095), atol=1)
    values[0] = 4095
    (tmp_path / "in.tif").write_bytes(twelve_bits(values))
    np.testing.assert_array_equal(read_mask(tmp_path / "in.tif"), values >= 2048)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"rowsperstrip": 8, "compression": "deflate", "predictor": True},
        {"tile": (16, 16)},
        {"tile": (16, 16), "compression": "deflate", "byteorder": ">"},
        {"rowsperstrip": 8, "byteorder": ">"},
        {"bigtiff": True},
    ],
)
def test_16_bit_planes(tmp_path, channels, options):
    planes = np.random.default_rng(0).integers(0, 65536, (channels, 37, 29), dtype=np.uint16)
    planes[:, :, :9], planes[3:] = 65535, 65535
    extra = {"extrasamples": ["unassalpha"]} if channels == 4 else {}
    tifffile.imwrite(
        tmp_path / "in.tif", planes, photometric="rgb", planarconfig="separate", **extra, **options
    )
    pixels = np.moveaxis(planes, 0, 2)
    found = Document.open(tmp_path / "in.tif")
    assert (found.mode, found.notes) == ({3: "RGB;16", 4: "RGBA;16"}[channels], ())
    np.testing.assert_array_equal(found.pixels, pixels)
    grey = pixels[..., :3] @ [0.299, 0.587, 0.114] / 65535
    sure = abs(grey - 0.5) > 0.01
    np.testing.assert_array_equal(read_mask(tmp_path / "in.tif")[sure], grey[sure] >= 0.5)


def test_multiplied_grey_as_mask(tmp_path):
    grey_alpha = np.array([[[255, 255], [0, 255], [100, 200]]], np.uint8)
    options = {"photometric": "minisblack", "planarconfig": "contig"}
    tifffile.imwrite(tmp_path / "in.tif", grey_alpha, extrasamples=["assocalpha"], **options)
    assert read_mask(tmp_path / "in.tif").tolist() == [[True, False, False]]


@pytest.mark.parametrize(
    ("photometric", "known", "depth"),
    [("rgb", 3, "u1"), ("rgb", 3, "u2"), ("minisblack", 1, "u1"), ("separated", 4, "u1")],
)
def test_extra_channels_have_a_note(tmp_path, photometric, known, depth):
    shape = (5, 6, known + 1)
    pixels = np.random.default_rng(0).integers(0, np.iinfo(depth).max, shape, dtype=depth)
    options = {"photometric": photometric, "planarconfig": "contig"}
    tifffile.imwrite(tmp_path / "in.tif", pixels, extrasamples=["unspecified"], **options)
    found = Document.open(tmp_path / "in.tif")
    np.testing.assert_array_equal(found.pixels.reshape(5, 6, known), pixels[..., :known])
    assert len(found.notes) == 1


def refused(tmp_path, door=Document.open):
    with pytest.raises(PictureError, match=r"in\.tif") as raised:
        door(tmp_path / "in.tif")
    return str(raised.value)


@pytest.mark.parametrize(
    ("dtype", "shape", "words"),
    [
        (np.float32, (4, 5, 3), "floating"),
        (np.float32, (4, 5), "floating"),
        (np.float64, (4, 5), "floating"),
        (np.float16, (4, 5), "floating"),
        (np.uint32, (4, 5, 3), "32-bit"),
        (np.uint32, (4, 5), "32-bit"),
        (np.uint16, (4, 5, 4), "CMYK"),
    ],
)
def test_what_is_not_read_says_what_it_is(tmp_path, dtype, shape, words):
    photometric = {2: "minisblack", 3: "rgb"}.get(len(shape), "rgb")
    photometric = "separated" if shape[2:] == (4,) else photometric
    pixels = np.full(shape, 70000 if dtype == np.uint32 else 1, dtype)
    tifffile.imwrite(tmp_path / "in.tif", pixels, photometric=photometric)
    said = refused(tmp_path)
    assert words in said
    assert "damaged" not in said
    # The mend works: 8 or 16 bit of the same picture is read.
    tifffile.imwrite(tmp_path / "in.tif", pixels.astype(np.uint8), photometric=photometric)
    assert Document.open(tmp_path / "in.tif").size == (5, 4)


@pytest.mark.parametrize(("tag", "value"), [(258, 10), (258, 14), (259, 33003)])
def test_unusual_bits_and_compressions(tmp_path, tag, value):
    tifffile.imwrite(tmp_path / "in.tif", np.zeros((4, 5), np.uint16))
    at = tifffile.TiffFile(tmp_path / "in.tif").pages[0].tags[tag].valueoffset
    content = bytearray((tmp_path / "in.tif").read_bytes())
    struct.pack_into("<H", content, at, value)
    (tmp_path / "in.tif").write_bytes(content)
    for door in (Document.open, read_mask, read_rgb):
        said = refused(tmp_path, door)
        assert str(value) in said
        assert "damaged" not in said


def test_a_tiff_without_its_tags_is_damaged(tmp_path):
    file = io.BytesIO()
    Image.new("L", (4, 4)).save(file, "TIFF", compression="tiff_lzw")  # its tags stand last
    (tmp_path / "in.tif").write_bytes(file.getvalue()[:20])
    assert "damaged" in refused(tmp_path)
