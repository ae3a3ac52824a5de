"""Pictures of every mode as RGB, and masks of every mode as people mean them."""

import re
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from deepgin.pictures import marks_of, mask_of, read_mask, read_rgb, rgb_of

GREYS = np.array([[0, 1, 100, 127, 128, 254, 255]], np.uint8)
HOLE = np.array([[False, True, True], [False, False, True]])
BYTES = HOLE.astype(np.uint8) * np.uint8(255)


def read_back(tmp_path, picture, ending="png", **options):
    path = tmp_path / f"picture.{ending}"
    picture.save(path, **options)
    return np.asarray(read_rgb(path))


def grey(values):
    return np.repeat(np.asarray(values, np.uint8)[..., None], 3, axis=2)


def test_rgb_is_read_exactly(tmp_path, photo):
    pixels = photo(4, 6)
    np.testing.assert_array_equal(read_back(tmp_path, Image.fromarray(pixels)), pixels)


def test_grey(tmp_path):
    np.testing.assert_array_equal(read_back(tmp_path, Image.fromarray(GREYS)), grey(GREYS))


def test_one_bit(tmp_path):
    np.testing.assert_array_equal(read_back(tmp_path, Image.fromarray(HOLE)), grey(BYTES))


def test_alpha_is_dropped_and_colours_stay(tmp_path, photo):
    pixels, alpha = photo(4, 6), photo(4, 6, seed=1)[..., :1]
    rgba = Image.fromarray(np.concatenate([pixels, alpha], 2))
    np.testing.assert_array_equal(read_back(tmp_path, rgba), pixels)
    la = Image.fromarray(np.stack([GREYS, GREYS[:, ::-1]], 2), "LA")
    np.testing.assert_array_equal(read_back(tmp_path, la), grey(GREYS))


@pytest.mark.parametrize("transparency", [None, 1, b"\x00\x80\xff"])
def test_palette(tmp_path, transparency, recwarn):
    colours = [(255, 0, 0), (0, 200, 0), (1, 2, 3)]
    picture = Image.fromarray(np.array([[0, 1, 2, 1]], np.uint8), "P")
    picture.putpalette([value for colour in colours for value in colour])
    options = {} if transparency is None else {"transparency": transparency}
    read = read_back(tmp_path, picture, **options)
    assert [tuple(pixel) for pixel in read[0].tolist()] == [colours[i] for i in (0, 1, 2, 1)]
    assert not recwarn.list


def test_cmyk(tmp_path):
    inks = [(0, 0, 0, 0), (0, 255, 255, 0), (255, 0, 255, 0), (0, 0, 0, 255)]
    picture = Image.fromarray(np.array([inks], np.uint8), "CMYK")
    read = read_back(tmp_path, picture, "tiff")
    assert read[0].tolist() == [[255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 0]]


def test_sixteen_bit_grey_keeps_its_brightness(tmp_path):
    deep = np.array([[0, 128, 129, 257 * 100, 257 * 100 + 128, 257 * 100 + 129, 65535]], np.uint16)
    picture = Image.fromarray(deep)
    assert picture.mode == "I;16"
    read = read_back(tmp_path, picture)
    np.testing.assert_array_equal(read, grey([[0, 0, 1, 100, 100, 101, 255]]))


@pytest.mark.parametrize("mode", ["I", "F", "I;16"])
def test_deep_modes_with_values_of_eight_bit(mode):
    np.testing.assert_array_equal(
        np.asarray(rgb_of(Image.fromarray(GREYS).convert(mode))), grey(GREYS)
    )


def test_float_picture_up_to_one():
    picture = Image.fromarray(np.array([[0, 0.5, 1, np.nan, -3]], np.float32))
    np.testing.assert_array_equal(np.asarray(rgb_of(picture)), grey([[0, 128, 255, 0, 0]]))


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "I", "F"])
def test_mask_of_every_mode(mode):
    mask = mask_of(Image.fromarray(BYTES).convert(mode))
    assert mask.dtype == np.bool_
    np.testing.assert_array_equal(mask, HOLE)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA"])
def test_mask_files_of_every_mode(tmp_path, mode):
    Image.fromarray(BYTES).convert(mode).save(tmp_path / "mask.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "mask.png"), HOLE)


def test_soft_edges_fall_at_half():
    expected = [[False, False, False, False, True, True, True]]
    for mode in ("L", "RGB", "RGBA", "I", "F"):
        assert mask_of(Image.fromarray(GREYS).convert(mode)).tolist() == expected, mode


def test_float_mask_falls_at_half():
    picture = Image.fromarray(np.array([[0, 0.49, 0.5, 1]], np.float32))
    assert mask_of(picture).tolist() == [[False, False, True, True]]


def test_sixteen_bit_mask_falls_at_half(tmp_path):
    deep = np.array([[0, 255, 32767, 32768, 65535]], np.uint16)
    Image.fromarray(deep).save(tmp_path / "mask.png")
    assert read_mask(tmp_path / "mask.png").tolist() == [[False, False, False, True, True]]


@pytest.mark.parametrize(
    ("dtype", "white"),
    [(np.uint16, 65535), (np.uint16, 255), (np.int32, 65535), (np.int32, 255), (np.float32, 1)],
)
def test_deep_masks_whatever_their_white(dtype, white):
    np.testing.assert_array_equal(mask_of(Image.fromarray(HOLE.astype(dtype) * dtype(white))), HOLE)


@pytest.mark.parametrize("colour", [0, 90, 255])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_alpha_is_the_mask_where_colours_say_nothing(tmp_path, colour, mode):
    bands = [np.full_like(BYTES, colour)] * (len(mode) - 1)
    Image.fromarray(np.stack([*bands, BYTES], 2), mode).save(tmp_path / "mask.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "mask.png"), HOLE)


def test_colours_win_over_alpha():
    alpha = np.array([[255, 255, 90], [255, 90, 255]], np.uint8)
    rgba = np.stack([BYTES, BYTES, BYTES, alpha], 2)
    np.testing.assert_array_equal(mask_of(Image.fromarray(rgba)), HOLE)
    rgba[1, 2] = (255, 255, 255, 0)
    assert mask_of(Image.fromarray(rgba)).tolist() == [[False, True, True], [False] * 3]


@given(
    st.sampled_from([(0, 0, 0), (255, 0, 0), (40, 90, 130), (255, 255, 255)]),
    st.sampled_from([(255, 255, 255), (0, 0, 0), (9, 200, 70)]),
    st.integers(0, 2**32 - 1),
)
def test_strokes_on_a_transparent_layer(stroke, hidden, seed):
    """A browser's canvas keeps colours times alpha, so that a soft edge's colour is rounded."""
    alpha = np.random.default_rng(seed).choice(np.uint8([0, 0, 1, 9, 60, 128, 200, 255]), (5, 6))
    alpha[0, :2] = (0, 255)
    share = np.maximum(alpha, 1)[..., None] / 255
    colours = np.minimum(np.rint(np.rint(share * stroke) / share), 255).astype(np.uint8)
    colours[alpha == 0] = hidden
    layer = Image.fromarray(np.dstack([colours, alpha]))
    np.testing.assert_array_equal(mask_of(layer), alpha >= 128)
    np.testing.assert_array_equal(mask_of(layer.convert("LA")), alpha >= 128)


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255)])
def test_a_layer_in_a_file_of_a_palette(tmp_path, colour):
    picture = Image.fromarray(np.array([[0, 1, 2], [1, 2, 0]], np.uint8), "P")
    picture.putpalette([255, 255, 255, *colour, *colour])
    picture.save(tmp_path / "mask.png", transparency=b"\x00\xff\x40")
    expected = [[False, True, False], [True, False, False]]
    assert read_mask(tmp_path / "mask.png").tolist() == expected


def deep_png(path, samples, kind, chunks=()):
    """Write 16-bit samples, which Pillow cannot."""
    height, width = samples.shape[:2]
    rows = b"".join(b"\0" + row.tobytes() for row in samples.astype(">u2"))
    head = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for name, data in (
            (b"IHDR", head),
            *chunks,
            (b"IDAT", zlib.compress(rows)),
            (b"IEND", b""),
        ):
            file.write(struct.pack(">I", len(data)) + name + data)
            file.write(struct.pack(">I", zlib.crc32(name + data)))


def test_a_layer_in_a_file_of_sixteen_bits(tmp_path):
    rgba = np.zeros((2, 3, 4), np.uint16)
    rgba[~HOLE] = (65535, 65535, 65535, 0)
    rgba[HOLE] = (300, 300, 300, 65535)
    deep_png(tmp_path / "rgba.png", rgba, 6)
    np.testing.assert_array_equal(read_mask(tmp_path / "rgba.png"), HOLE)
    deep_png(tmp_path / "la.png", rgba[..., 2:], 4)
    np.testing.assert_array_equal(read_mask(tmp_path / "la.png"), HOLE)
    key = struct.pack(">HHH", 65535, 65535, 65535)
    deep_png(tmp_path / "rgb.png", rgba[..., :3], 2, [(b"tRNS", key)])
    np.testing.assert_array_equal(read_mask(tmp_path / "rgb.png"), HOLE)
    deep_png(tmp_path / "grey.png", rgba[..., 0], 0, [(b"tRNS", key[:2])])
    np.testing.assert_array_equal(read_mask(tmp_path / "grey.png"), HOLE)


@pytest.mark.parametrize("mode", ["La", "RGBa"])
def test_colours_times_alpha(mode):
    layer = Image.fromarray(np.dstack([BYTES] * 4)).convert("LA" if mode == "La" else "RGBA")
    np.testing.assert_array_equal(mask_of(layer.convert(mode)), HOLE)


@pytest.mark.parametrize(
    ("dtype", "white"), [(np.uint8, 1), (np.uint16, 1), (np.int32, 1), (np.uint8, 2)]
)
def test_a_mask_of_zero_and_one_says_how_to_read_it(dtype, white):
    picture = Image.fromarray(HOLE.astype(dtype) * dtype(white))
    marks = marks_of(picture)
    assert not marks.mask.any()
    assert ("0 and 1" in marks.note) == (white == 1)
    threshold = float(re.search(r"{threshold=(\S+)}", marks.note.mend)[1])
    np.testing.assert_array_equal(mask_of(picture, threshold), HOLE)


def test_nothing_is_said_of_other_masks():
    assert marks_of(Image.fromarray(BYTES)).note == ""
    assert marks_of(Image.fromarray(BYTES * 0)).note == ""


@pytest.mark.parametrize("white", [1, 255, 65535])
def test_float_pictures_that_overshoot(white):
    values = np.where(HOLE, 1.1, -0.1).astype(np.float32) * white
    values[0, 0], values[1, 2] = np.nan, np.inf
    np.testing.assert_array_equal(mask_of(Image.fromarray(values)), HOLE)


def test_transparent_palette_entry_over_one_colour(tmp_path):
    picture = Image.fromarray(HOLE.astype(np.uint8), "P")
    picture.putpalette([0, 0, 0, 0, 0, 0])
    picture.save(tmp_path / "mask.png", transparency=0)
    np.testing.assert_array_equal(read_mask(tmp_path / "mask.png"), HOLE)


@pytest.mark.parametrize(("colour", "missing"), [(0, False), (255, True)])
def test_opaque_mask_of_one_colour_goes_by_its_colour(colour, missing):
    mask = mask_of(Image.new("RGBA", (3, 2), (colour, colour, colour, 255)))
    assert (mask == missing).all()


def test_wholly_transparent_mask_marks_nothing():
    assert not mask_of(Image.new("RGBA", (3, 2), (255, 255, 255, 0))).any()


@given(st.binary(min_size=12, max_size=12))
def test_grey_masks_threshold_each_pixel_alone(values):
    pixels = np.frombuffer(values, np.uint8).reshape(3, 4)
    np.testing.assert_array_equal(mask_of(Image.fromarray(pixels)), pixels >= 128)
