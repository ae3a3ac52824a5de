"""The L1 error in the hole against numbers worked out by hand."""

import numpy as np
import pytest

from deepgin.errors import UsageError
from deepgin.metrics import l1_hole


def test_by_hand():
    truth = np.zeros((1, 3, 3), np.uint8)
    picture = np.array([[[255, 0, 51], [9, 9, 9], [0, 0, 0]]], np.uint8)
    # (255 + 0 + 51 + 0 + 0 + 0) / 6 = 51 levels, a fifth
    assert l1_hole(picture, truth, np.array([[1, 0, 1]])) == pytest.approx(0.2)
    assert l1_hole(truth, picture, np.array([[True, False, True]])) == pytest.approx(0.2)
    assert l1_hole(picture, truth, np.array([[255, 0, 255]], np.uint8)) == pytest.approx(0.2)


def test_equal_is_zero_and_so_is_no_hole(photo):
    one, two = photo(5, 6), photo(5, 6, seed=1)
    assert l1_hole(one, one, np.ones((5, 6), bool)) == 0
    assert l1_hole(one, two, np.zeros((5, 6), bool)) == 0


def test_valid_pixels_do_not_count(photo):
    one, two = photo(8, 8), photo(8, 8, seed=1)
    mask = np.zeros((8, 8), bool)
    mask[2:5, 3:6] = True
    within = np.abs(one[2:5, 3:6].astype(int) - two[2:5, 3:6]).mean() / 255
    assert l1_hole(one, two, mask) == pytest.approx(within)
    assert l1_hole(np.where(mask[..., None], one, 255 - two), two, mask) == pytest.approx(within)


def test_other_shapes_are_refused(photo):
    with pytest.raises(UsageError, match="one shape"):
        l1_hole(photo(5, 6), photo(6, 5), np.ones((5, 6)))
    with pytest.raises(UsageError, match=r"mask of \(6, 5\)"):
        l1_hole(photo(5, 6), photo(5, 6), np.ones((6, 5)))
