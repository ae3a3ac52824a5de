"""Parts of a hole: all of it, once, with enough surroundings and not too many."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgin.inpainting.fits.boxes import Box
from deepgin.inpainting.parts import parts_of, shrinking, surroundings
from deepgin.texture import Settings


@given(
    height=st.integers(1, 400),
    width=st.integers(1, 400),
    seed=st.integers(0, 99),
    n=st.integers(1, 9),
)
def test_parts_hold_the_whole_hole_once(height, width, seed, n):
    rng = np.random.default_rng(seed)
    hole = np.zeros((height, width), bool)
    for _ in range(n):
        top, left = rng.integers(height), rng.integers(width)
        hole[top : top + rng.integers(1, 40), left : left + rng.integers(1, 40)] = True
    parts = parts_of(hole, hole)
    covered = np.zeros(hole.shape, int)
    for part in parts:
        covered[part.box.slices()] += 1
        assert part.pixels == hole[part.box.slices()].sum()
        assert part.depth >= 1
    assert covered.max() == 1 and (covered[hole] == 1).all()


def test_far_holes_are_parts_and_near_ones_are_one():
    hole = np.zeros((300, 600), bool)
    hole[10:20, 10:20] = hole[10:20, 500:520] = True
    assert [part.box for part in parts_of(hole, hole)] == [
        Box(10, 10, 20, 20),
        Box(10, 500, 20, 520),
    ]
    hole[10:20, 40:50] = True
    assert len(parts_of(hole, hole)) == 2


def test_surroundings_reach_further_where_little_is_valid():
    hole = np.zeros((900, 1600), bool)
    hole[400:500, 700:900] = True
    [part] = parts_of(hole, hole)
    box = surroundings(part, hole, Settings())
    assert box == Box(100, 400, 800, 1200)
    hidden = hole.copy()
    hidden[:, 380:1220] = True
    assert surroundings(part, hidden, Settings()).width > box.width


@pytest.mark.parametrize(("side", "count"), [(1000, 0), (4000, 0), (6000, 1), (16384, 2)])
def test_what_is_too_large_is_halved(side, count):
    assert shrinking(Box(0, 0, side, side)) == count
