"""Rectangular masks: shape, ranges, coverage. Pinned hashes of every kind: test_mask_sets.py."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgin.errors import UsageError
from deepgin.masks import coverage, rectangle

SIDES = st.integers(1, 200)
SEEDS = st.one_of(st.integers(), st.text(max_size=20))


def sides_of(mask: np.ndarray) -> tuple[int, int]:
    """Return the sides of the bounding box, after checking that all of it is missing."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    assert box.all()
    return box.shape


@settings(deadline=None)
@given(SIDES, SIDES, SEEDS)
def test_is_one_rectangle_of_allowed_sides(height, width, seed):
    mask = rectangle(height, width, seed)
    for side, length in zip(sides_of(mask), (height, width), strict=True):
        assert max(1, length * 3 // 10) <= side <= max(1, length * 7 // 10)


@settings(deadline=None)
@given(SIDES, SIDES, SEEDS, st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_rate_fixes_the_sides(height, width, seed, rate):
    mask = rectangle(height, width, seed, rate=rate)
    assert mask.shape == (height, width)
    for side, length in zip(sides_of(mask), (height, width), strict=True):
        assert side >= 1 and abs(side - math.sqrt(rate) * length) <= 1


@pytest.mark.parametrize("rate", [0.1, 0.25, 0.5])
def test_rate_is_the_share_missing(rate):
    assert coverage(rectangle(256, 256, 0, rate=rate)) == pytest.approx(rate, abs=0.005)


def test_sides_and_places_take_every_allowed_value():
    masks = [rectangle(20, 20, seed) for seed in range(500)]
    assert {sides_of(mask)[0] for mask in masks} == set(range(6, 15))
    assert {sides_of(mask)[1] for mask in masks} == set(range(6, 15))
    for edge in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
        assert any(mask[edge].any() for mask in masks)


@pytest.mark.parametrize("rate", [0, 1, -0.1, 1.5, math.nan, math.inf])
def test_rate_outside_0_to_1_is_refused(rate):
    with pytest.raises(UsageError, match="rate"):
        rectangle(8, 8, 0, rate=rate)
