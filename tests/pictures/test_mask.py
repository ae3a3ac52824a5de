"""Masks as people mean them: of every mode, from a box, of another size."""

import re
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from deepgin.errors import UsageError
from deepgin.pictures import box_mask, marks_of, read_mask, resize_mask

from .builders import UPRIGHT, deep_png, exif_of

HOLE = np.array([[False, True, True], [False, False, True]])
BYTES = HOLE.astype(np.uint8) * np.uint8(255)
SHADES = np.arange(256, dtype=np.uint8)[None]


def mask_of(picture, threshold=0.5):
    picture = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    return marks_of(picture, threshold).mask


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "I", "F"])
def test_mask_of_every_mode(tmp_path, mode):
    picture = Image.fromarray(BYTES).convert(mode)
    assert mask_of(picture).dtype == np.bool_
    np.testing.assert_array_equal(mask_of(picture), HOLE)
    if mode not in ("CMYK", "I", "F"):
        picture.save(tmp_path / "mask.png")
        np.testing.assert_array_equal(read_mask(tmp_path / "mask.png"), HOLE)


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_a_mask_is_read_upright(tmp_path, orientation):
    Image.fromarray(BYTES).save(tmp_path / "mask.png", exif=exif_of(orientation))
    np.testing.assert_array_equal(read_mask(tmp_path / "mask.png"), UPRIGHT[orientation](HOLE))


@given(st.floats(0, 1, exclude_min=True))
def test_thresholds(threshold):
    expected = threshold <= SHADES / 255
    for mode in ("L", "RGB", "I", "F"):
        mask = mask_of(Image.fromarray(SHADES).convert(mode), threshold)
        np.testing.assert_array_equal(mask, expected)
    clear = np.stack([np.zeros_like(SHADES), SHADES], 2)
    np.testing.assert_array_equal(mask_of(clear, threshold), expected)


def test_masks_fall_at_half(tmp_path):
    Image.fromarray(SHADES).save(tmp_path / "mask.png")
    assert [read_mask(tmp_path / "mask.png", t).sum() for t in (0.2, 0.5, 1)] == [205, 128, 1]
    deep = np.array([[0, 255, 32767, 32768, 65535]], np.uint16)
    Image.fromarray(deep).save(tmp_path / "mask.png")
    assert read_mask(tmp_path / "mask.png").tolist() == [[False, False, False, True, True]]
    floats = np.array([[0, 0.49, 0.5, 1]], np.float32)
    assert mask_of(floats).tolist() == [[False, False, True, True]]


@pytest.mark.parametrize("threshold", [0, -0.1, 1.01, float("nan")])
def test_thresholds_out_of_range(tmp_path, threshold):
    with pytest.raises(UsageError) as raised:
        mask_of(BYTES, threshold)
    assert raised.value.field == "threshold"
    with pytest.raises(UsageError) as raised:
        read_mask(tmp_path / "not looked for.png", threshold)
    assert raised.value.field == "threshold"


@pytest.mark.parametrize(
    ("dtype", "white"),
    [(np.uint16, 65535), (np.uint16, 255), (np.int32, 65535), (np.int32, 255), (np.float32, 1)],
)
def test_deep_masks_whatever_their_white(dtype, white):
    np.testing.assert_array_equal(mask_of(HOLE.astype(dtype) * dtype(white)), HOLE)


@pytest.mark.parametrize("white", [1, 255, 65535])
def test_float_pictures_that_overshoot(white):
    values = np.where(HOLE, 1.1, -0.1).astype(np.float32) * white
    values[0, 0], values[1, 2] = np.nan, np.inf
    np.testing.assert_array_equal(mask_of(values), HOLE)


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


def test_other_masks_have_no_note():
    assert marks_of(Image.fromarray(BYTES)).note == ""
    assert marks_of(Image.fromarray(BYTES * 0)).note == ""


@pytest.mark.parametrize("colour", [0, 90, 255])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_alpha_is_the_mask_where_colours_say_nothing(tmp_path, colour, mode):
    bands = [np.full_like(BYTES, colour)] * (len(mode) - 1)
    Image.fromarray(np.stack([*bands, BYTES], 2), mode).save(tmp_path / "mask.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "mask.png"), HOLE)


def test_colours_win_over_alpha():
    alpha = np.array([[255, 255, 90], [255, 90, 255]], np.uint8)
    rgba = np.stack([BYTES, BYTES, BYTES, alpha], 2)
    np.testing.assert_array_equal(mask_of(rgba), HOLE)
    rgba[1, 2] = (255, 255, 255, 0)
    assert mask_of(rgba).tolist() == [[False, True, True], [False] * 3]
    assert not mask_of(Image.new("RGBA", (3, 2), (255, 255, 255, 0))).any()
    assert mask_of(Image.new("RGBA", (3, 2), (255, 255, 255, 255))).all()
    assert not mask_of(Image.new("RGBA", (3, 2), (0, 0, 0, 255))).any()


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


def test_a_layer_in_a_file_of_sixteen_bits(tmp_path):
    rgba = np.zeros((2, 3, 4), np.uint16)
    rgba[~HOLE] = (65535, 65535, 65535, 0)
    rgba[HOLE] = (300, 300, 300, 65535)
    key = struct.pack(">HHH", 65535, 65535, 65535)
    for content in (
        deep_png(rgba),
        deep_png(rgba[..., 2:]),
        deep_png(rgba[..., :3], (b"tRNS", key)),
        deep_png(rgba[..., :1], (b"tRNS", key[:2])),
    ):
        (tmp_path / "mask.png").write_bytes(content)
        np.testing.assert_array_equal(read_mask(tmp_path / "mask.png"), HOLE)


@pytest.mark.parametrize("mode", ["La", "RGBa"])
def test_colours_times_alpha(mode):
    layer = Image.fromarray(np.dstack([BYTES] * 4)).convert("LA" if mode == "La" else "RGBA")
    np.testing.assert_array_equal(mask_of(layer.convert(mode)), HOLE)


def test_box():
    mask = box_mask((6, 4), (1, 2, 3, 1))
    assert mask.dtype == np.bool_
    assert np.argwhere(mask).tolist() == [[2, 1], [2, 2], [2, 3]]


@given(st.tuples(*[st.integers(-9, 9)] * 4), st.integers(1, 8), st.integers(1, 8))
def test_boxes_are_cut_at_the_border(box, width, height):
    left, top, across, down = box
    rows, columns = np.mgrid[:height, :width]
    expected = (columns >= left) & (columns < left + across) & (rows >= top) & (rows < top + down)
    if expected.any():
        np.testing.assert_array_equal(box_mask((width, height), box), expected)
    else:
        with pytest.raises(UsageError) as raised:
            box_mask((width, height), box)
        assert raised.value.field == "box"


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_a_larger_mask_repeats_and_a_smaller_one_goes_by_majority(width, height, times, seed):
    mask = np.random.default_rng(seed).random((height, width)) < 0.5
    larger = mask.repeat(times, 0).repeat(times, 1)
    np.testing.assert_array_equal(resize_mask(mask, (width * times, height * times)), larger)
    np.testing.assert_array_equal(resize_mask(larger, (width, height)), mask)
    assert resize_mask(mask, (width, height)).dtype == np.bool_


def test_at_least_half_is_missing():
    mask = np.array([[True, True, False, False, True, False], [False] * 6])
    assert resize_mask(mask, (3, 1)).tolist() == [[True, False, False]]
