"""The absolute errors against numbers worked out by hand."""

import math

import numpy as np
import pytest

from deepgin.errors import UsageError
from deepgin.metrics import l1, l1_hole, l1_relative, l1_relative_hole

ALL = (l1, l1_hole, l1_relative, l1_relative_hole)


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


def test_whole_and_relative_by_hand():
    truth = np.array([[[100, 50, 0], [20, 20, 10]]], np.uint8)
    picture = np.array([[[90, 55, 0], [20, 50, 10]]], np.uint8)
    mask = np.array([[False, True]])
    # Errors 10, 5, 0 and 0, 30, 0; the truth's sums are 150 and 50.
    assert l1(picture, truth, mask) == pytest.approx(45 / 6 / 255)
    assert l1_hole(picture, truth, mask) == pytest.approx(30 / 3 / 255)
    assert l1_relative(picture, truth, mask) == pytest.approx(45 / 200)
    assert l1_relative_hole(picture, truth, mask) == pytest.approx(30 / 50)


def test_relative_to_black():
    black, mask = np.zeros((2, 2, 3), np.uint8), np.eye(2, dtype=bool)
    assert l1_relative(black, black, mask) == l1_relative_hole(black, black, mask) == 0
    corner = black.copy()
    corner[0, 1] = 1  # not in the hole
    assert l1_relative(corner, black, mask) == math.inf
    assert l1_relative_hole(corner, black, mask) == 0
    assert l1_relative(black, corner, mask) == 1


def test_a_composite_has_its_whole_error_in_the_hole(photo):
    truth, other = photo(9, 7), photo(9, 7, seed=1)
    mask = np.random.default_rng(2).random((9, 7)) < 0.3
    picture = np.where(mask[..., None], other, truth)
    share = mask.mean()
    assert l1(picture, truth, mask) == pytest.approx(share * l1_hole(picture, truth, mask))
    within = l1_relative_hole(picture, truth, mask) * truth[mask].sum(dtype=int)
    assert l1_relative(picture, truth, mask) * truth.sum(dtype=int) == pytest.approx(within)


@pytest.mark.parametrize("metric", ALL)
def test_pictures_in_other_shapes_are_refused(metric, photo):
    with pytest.raises(UsageError):
        metric(photo(5, 6), photo(6, 5), np.ones((5, 6)))
    with pytest.raises(UsageError):
        metric(photo(5, 6), photo(5, 6), np.ones((6, 5)))
