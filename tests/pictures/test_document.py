"""Documents: own samples kept, and only samples under the hole ever changed."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from deepgin.errors import PictureError, UsageError
from deepgin.pictures import Document, box_mask
from deepgin.pictures.formats import format_named
from deepgin.pictures.modes import CHANNELS, DEEP_NAMES, NAMES

EXACT = ("png", "tif", "webp", "bmp", "jp2", "ppm", "tga")
PAIRS = [(ending, m) for ending in EXACT for m in format_named(Path(f"a.{ending}")).modes]


def draw(mode, width, height, seed):
    """Own samples of a mode, a third of alpha 0 and a third full, and a document of them."""
    random = np.random.default_rng(seed)
    full, kind = (65535, np.uint16) if mode.endswith("16") else (255, np.uint8)
    pixels = random.integers(0, full + 1, (height, width, CHANNELS[mode]), dtype=kind)
    if "A" in mode:
        pick = random.integers(0, 3, (height, width))
        pixels[..., -1] = np.choose(pick, [0, full, pixels[..., -1]])
    if mode == "CMYK":
        return pixels, Document.of(Image.frombytes(mode, (width, height), pixels.tobytes()))
    pixels = pixels[..., 0] if CHANNELS[mode] == 1 else pixels
    return pixels, Document.of_array(pixels)


@given(
    pair=st.sampled_from(PAIRS),
    width=st.integers(1, 40),
    height=st.integers(1, 40),
    missing=st.floats(0, 1),
    opaque=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_valid_samples_are_equal_after_saving(
    tmp_path_factory, pair, width, height, missing, opaque, seed
):
    ending, mode = pair
    pixels, document = draw(mode, width, height, seed)
    random = np.random.default_rng(seed)
    hole = random.random((height, width)) < missing
    completed = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    path = tmp_path_factory.mktemp("out", numbered=True) / f"out.{ending}"
    filled = document.filled(completed, hole, opaque)
    filled.save(path)
    found = Document.open(path)
    if pair == ("webp", "RGBA") and (filled.pixels[..., 3] == 255).all():
        found = Document.of(found.image().convert("RGBA"))  # WebP has no alpha that says nothing
    assert found.mode == mode
    assert found.size == (width, height)
    assert found.pixels.dtype == pixels.dtype
    np.testing.assert_array_equal(found.pixels, filled.pixels)
    np.testing.assert_array_equal(found.pixels[~hole], pixels[~hole])
    np.testing.assert_array_equal(document.pixels, pixels)
    if "A" in mode and not opaque:
        np.testing.assert_array_equal(found.pixels[..., -1], pixels[..., -1])
        unseen = pixels[..., -1] == 0
        np.testing.assert_array_equal(found.pixels[unseen], pixels[unseen])


@pytest.mark.parametrize("mode", CHANNELS)
def test_the_hole_takes_the_colours(mode):
    _, document = draw(mode, 30, 20, 1)
    shades = np.arange(600, dtype=np.uint8).reshape(20, 30)
    grey = CHANNELS[mode] < 3
    completed = np.stack([shades] * 3 if grey else [shades, shades.T.reshape(20, 30), ~shades], 2)
    hole = box_mask(document.size, (3, 2, 20, 15))
    filled = document.filled(completed, hole)
    seen = hole & ~document.unseen()
    difference = np.abs(filled.rgb().astype(int) - completed)[seen]
    assert difference.max() <= (1 if mode == "CMYK" else 0)
    np.testing.assert_array_equal(filled.rgb()[~seen], document.rgb()[~seen])


@pytest.mark.parametrize("mode", ["LA", "RGBA", "LA;16", "RGBA;16"])
def test_alpha(mode):
    pixels, document = draw(mode, 12, 10, 2)
    full = 65535 if mode.endswith("16") else 255
    alpha = pixels[..., -1]
    np.testing.assert_array_equal(document.unseen(), alpha == 0)
    np.testing.assert_array_equal(document.own_hole(), alpha < (full + 1) // 2)
    completed = np.full((10, 12, 3), 77, np.uint8)
    filled = document.filled(completed, document.own_hole(), opaque=True)
    assert (filled.pixels[..., -1][document.own_hole()] == full).all()
    assert (filled.rgb()[document.own_hole()] == 77).all()
    valid = ~document.own_hole()
    np.testing.assert_array_equal(filled.pixels[valid], pixels[valid])


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK", "I;16", "RGB;16"])
def test_without_alpha(mode):
    _, document = draw(mode, 5, 4, 0)
    assert not document.unseen().any()
    with pytest.raises(UsageError) as raised:
        document.own_hole()
    assert raised.value.field == "mask"


def test_pixels_cannot_be_changed():
    array = np.zeros((4, 5, 3), np.uint8)
    document = Document.of_array(array)
    array[:] = 9
    assert not document.pixels.any()
    for found in (document, document.filled(document.rgb(), np.ones((4, 5), np.bool_))):
        with pytest.raises(ValueError, match="read-only"):
            found.pixels[0, 0, 0] = 1


def open_saved(tmp_path, image, name="in.png", **options):
    image.save(tmp_path / name, **options)
    return Document.open(tmp_path / name)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "I;16"])
def test_a_file_in_its_own_mode_needs_no_note(tmp_path, mode):
    pixels, document = draw(mode, 11, 6, 3)
    found = open_saved(tmp_path, document.image())
    assert (found.mode, found.format, found.notes) == (mode, "PNG", ())
    np.testing.assert_array_equal(found.pixels, pixels)
    assert found.source == tmp_path / "in.png"


PALETTE = Image.fromarray(np.array([[0, 1, 2, 1]], np.uint8), "P")
PALETTE.putpalette([255, 0, 0, 0, 200, 0, 1, 2, 3])


@pytest.mark.parametrize(
    ("image", "hidden", "mode", "reds", "alphas"),
    [
        (PALETTE, None, "RGB", [255, 0, 1, 0], None),
        (PALETTE, 1, "RGBA", [255, 0, 1, 0], [255, 0, 255, 0]),
        (PALETTE, b"\x00\x80\xff", "RGBA", [255, 0, 1, 0], [0, 128, 255, 128]),
        (Image.fromarray(np.array([[True, False]])), None, "L", [255, 0], None),
        (Image.new("L", (1, 1), 3), 3, "LA", [3], [0]),
        (Image.new("L", (1, 1), 4), 3, "LA", [4], [255]),
        (Image.new("RGB", (1, 1), (3, 3, 3)), (3, 3, 3), "RGBA", [3], [0]),
        (Image.new("RGB", (1, 1), (3, 3, 4)), (3, 3, 3), "RGBA", [3], [255]),
    ],
)
def test_modes_that_become_others(tmp_path, image, hidden, mode, reds, alphas):
    options = {} if hidden is None else {"transparency": hidden}
    document = open_saved(tmp_path, image, **options)
    assert (document.mode, len(document.notes)) == (mode, 1)
    assert document.rgb()[0, :, 0].tolist() == reds
    if alphas:
        assert document.pixels[0, :, -1].tolist() == alphas


def test_other_colours_become_rgb(tmp_path):
    image = Image.new("RGB", (4, 3), (10, 100, 200)).convert("LAB")
    document = open_saved(tmp_path, image, "in.tif")
    # The profile of Lab goes.
    assert (document.mode, len(document.notes), document.metadata.icc) == ("RGB", 2, b"")


@pytest.mark.parametrize("mode", ["I", "F"])
def test_samples_that_cannot_be_kept(tmp_path, mode):
    image = Image.fromarray(np.array([[0, 70000, -1]], np.int32)).convert(mode)
    with pytest.raises(PictureError, match=r"in\.tif"):
        open_saved(tmp_path, image, "in.tif")
    with pytest.raises(PictureError, match="the picture"):
        Document.of(image)


def test_32_bit_samples_that_fit_in_16():
    document = Document.of(Image.fromarray(np.array([[0, 65535, 7]], np.int32)))
    assert (document.mode, document.pixels.tolist()) == ("I;16", [[0, 65535, 7]])


@pytest.mark.parametrize(
    ("brightest", "white"), [(200, 255), (1000, 1023), (4095, 4095), (4096, 16383), (65535, 65535)]
)
def test_deep_grey_that_does_not_use_all_bits(brightest, white):
    document = Document.of_array(np.array([[0, brightest // 2, brightest]], np.uint16))
    shades = document.rgb()[0, :, 0]
    assert shades[2] == int(brightest / white * 255 + 0.5)
    filled = document.filled(np.full((1, 3, 3), 255, np.uint8), np.array([[True, False, False]]))
    assert filled.pixels[0].tolist() == [white, brightest // 2, brightest]


def test_alpha_says_nothing_of_how_many_bits_colours_have():
    array = np.array([[[100, 50, 7, 65535], [255, 0, 9, 0]]], np.uint16)
    assert Document.of_array(array).rgb()[0, 0].tolist() == [100, 50, 7]


def test_cmyk_takes_its_black_share_from_the_valid_pixels():
    black = np.zeros((6, 6, 4), np.uint8)
    black[..., 3] = 200
    hole = box_mask((6, 6), (1, 1, 2, 2))
    completed = np.full((6, 6, 3), 100, np.uint8)
    for pixels, expected in ((black, [0, 0, 0, 155]), (black[..., [3, 3, 3, 0]], [155] * 3 + [0])):
        document = Document.of(Image.frombytes("CMYK", (6, 6), pixels.tobytes()))
        assert document.filled(completed, hole).pixels[1, 1].tolist() == expected
    # What is under the hole has no say.
    other = black.copy()
    other[hole] = (255, 255, 255, 0)
    document = Document.of(Image.frombytes("CMYK", (6, 6), other.tobytes()))
    assert document.filled(completed, hole).pixels[1, 1].tolist() == [0, 0, 0, 155]


def test_grey_is_luminance():
    _, document = draw("L", 2, 1, 0)
    completed = np.array([[[255, 0, 0], [10, 200, 30]]], np.uint8)
    filled = document.filled(completed, np.ones((1, 2), np.bool_))
    expected = np.asarray(Image.fromarray(completed).convert("L"))
    np.testing.assert_array_equal(filled.pixels, expected)


@pytest.mark.parametrize(("dtype", "modes"), [(np.uint8, NAMES), (np.uint16, DEEP_NAMES)])
def test_arrays(dtype, modes):
    for shape, channels in (((4, 5), 1), *(((4, 5, n), n) for n in (1, 2, 3, 4))):
        document = Document.of_array(np.zeros(shape, dtype))
        assert (document.mode, document.size, document.format) == (modes[channels], (5, 4), None)
        assert document.pixels.ndim == (2 if channels == 1 else 3)


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        ((8, 8, 3), np.float32),
        ((8, 8, 3), np.int64),
        ((8, 8, 5), np.uint8),
        ((8,), np.uint8),
        ((1, 8, 8, 3), np.uint8),
        ((0, 8, 3), np.uint8),
    ],
)
def test_arrays_of_another_kind(shape, dtype):
    with pytest.raises(UsageError, match=np.dtype(dtype).name):
        Document.of_array(np.zeros(shape, dtype))


@pytest.mark.parametrize("mode", CHANNELS)
def test_image(mode):
    pixels, document = draw(mode, 6, 5, 0)
    image = document.image()
    assert image.mode == ("I;16" if mode == "I;16" else mode.removesuffix(";16"))
    if not mode.endswith(";16") or mode == "I;16":
        np.testing.assert_array_equal(np.asarray(image), pixels)
    else:
        np.testing.assert_array_equal(np.asarray(image), (pixels / 257 + 0.5).astype(np.uint8))


def test_an_opened_pil_image_is_taken_as_it_stands(tmp_path):
    pixels, document = draw("RGB", 8, 5, 0)
    exif = Image.Exif()
    exif[0x0112] = 6
    document.image().save(tmp_path / "turned.png", exif=exif)
    with Image.open(tmp_path / "turned.png") as image:
        taken = Document.of(image)
    np.testing.assert_array_equal(taken.pixels, pixels)
    assert taken.image().getexif()[0x0112] == 6
    assert taken.format == "PNG"


def test_a_damaged_pil_image(tmp_path):
    _, document = draw("RGB", 50, 50, 0)
    path = tmp_path / "cut.png"
    document.image().save(path)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(PictureError, match=r"cut\.png"), Image.open(path) as image:
        Document.of(image)


@pytest.mark.parametrize("mode", CHANNELS)
def test_extended(mode, tmp_path):
    pixels, document = draw(mode, 20, 10, 0)
    grown = document.extended(1, 2, 3, 4)
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    grown.save(path)
    found = Document.open(path)
    assert (found.mode, found.size, grown.white) == (mode, (24, 16), document.white)
    np.testing.assert_array_equal(found.pixels[2:12, 1:21], document.pixels)
    if "A" in mode:
        new = np.ones((16, 24), bool)
        new[2:12, 1:21] = False
        assert (grown.pixels[new][:, -1] == np.iinfo(pixels.dtype).max).all()
        assert not grown.unseen()[new].any()
