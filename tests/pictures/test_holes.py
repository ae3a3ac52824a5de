"""Masks from a box, of another size, and at another threshold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from deepgin.errors import UsageError
from deepgin.pictures import box_mask, mask_of, read_mask, resize_mask


def test_box():
    mask = box_mask((6, 4), (1, 2, 3, 1))
    assert mask.dtype == np.bool_
    expected = np.zeros((4, 6), np.bool_)
    expected[2, 1:4] = True
    np.testing.assert_array_equal(mask, expected)


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


SHADES = np.arange(256, dtype=np.uint8)[None]


@given(st.floats(0, 1, exclude_min=True))
def test_thresholds(threshold):
    expected = threshold <= SHADES / 255
    for mode in ("L", "RGB", "I", "F"):
        mask = mask_of(Image.fromarray(SHADES).convert(mode), threshold)
        np.testing.assert_array_equal(mask, expected)
    clear = np.stack([np.zeros_like(SHADES), SHADES], 2)
    np.testing.assert_array_equal(mask_of(Image.fromarray(clear), threshold), expected)


def test_the_threshold_of_a_file(tmp_path):
    Image.fromarray(SHADES).save(tmp_path / "mask.png")
    assert read_mask(tmp_path / "mask.png", 0.2).sum() == 256 - 51
    assert read_mask(tmp_path / "mask.png", 1).sum() == 1
    assert read_mask(tmp_path / "mask.png").sum() == 128


@pytest.mark.parametrize("threshold", [0, -0.1, 1.01, float("nan")])
def test_thresholds_out_of_range(tmp_path, threshold):
    with pytest.raises(UsageError) as raised:
        mask_of(Image.new("L", (2, 2)), threshold)
    assert raised.value.field == "threshold"
    with pytest.raises(UsageError) as raised:
        read_mask(tmp_path / "not looked for.png", threshold)
    assert raised.value.field == "threshold"
