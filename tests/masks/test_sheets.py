"""Preview sheets: where each mask stands, and that no sheet is larger than it may be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgin.masks import draw
from deepgin.masks.sheets import preview

GAP = 4


def test_masks_stand_in_rows():
    masks = [draw("cellular", 20, 30, seed) for seed in range(5)]
    sheet = preview(masks)
    assert sheet.dtype == np.uint8
    assert sheet.shape == (2 * (20 + GAP) + GAP, 3 * (30 + GAP) + GAP)
    rest = np.ones(sheet.shape, np.bool_)
    for i, mask in enumerate(masks):
        top, left = GAP + (i // 3) * (20 + GAP), GAP + (i % 3) * (30 + GAP)
        cell = np.s_[top : top + 20, left : left + 30]
        np.testing.assert_array_equal(sheet[cell], mask * np.uint8(255))
        rest[cell] = False
    assert (sheet[rest] == 128).all()


def test_large_masks_are_thinned_out():
    mask = draw("rectangle", 100, 60, 0)
    sheet = preview([mask], longest=58)
    np.testing.assert_array_equal(sheet[GAP:-GAP, GAP:-GAP], mask[::2, ::2] * np.uint8(255))


@pytest.mark.parametrize(("count", "side"), [(64, 503), (64, 1006), (1, 4096)])
def test_a_full_sheet_is_not_too_large(count, side):
    assert max(preview([np.zeros((side, side), np.bool_)] * count).shape) <= 2048


@given(
    height=st.integers(1, 200),
    width=st.integers(1, 200),
    count=st.integers(1, 64),
    longest=st.integers(64, 300),
)
def test_no_sheet_is_too_large(height, width, count, longest):
    sheet = preview([np.ones((height, width), np.bool_)] * count, longest)
    assert max(sheet.shape) <= longest
    assert (sheet == 255).any()
