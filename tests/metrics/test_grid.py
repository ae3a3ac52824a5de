"""The grid score on fillings whose grid is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from deepgin.errors import UsageError
from deepgin.metrics import grid

SIDE = 120


def pattern(step: int, seed: int) -> np.ndarray:
    """A tile of zero mean and root mean square 1, repeated."""
    tile = np.random.default_rng(seed).normal(size=(step, step, 1))
    tile -= tile.mean()
    tile /= np.square(tile).mean() ** 0.5
    return np.tile(tile, (SIDE // step + 1, SIDE // step + 1, 3))[:SIDE, :SIDE]


def eight_bit(values: np.ndarray) -> np.ndarray:
    return (values.clip(0, 255) + 0.5).astype(np.uint8)


def smooth(seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(SIDE, SIDE, 3))
    blurred = gaussian_filter(noise, (20, 20, 0), mode="reflect")
    return 128 + 40 * blurred / np.abs(blurred).max()


def disc() -> np.ndarray:
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    return x**2 + y**2 < (0.45 * SIDE) ** 2


def score(values: np.ndarray, step: int, hole: np.ndarray | None = None) -> float:
    picture = eight_bit(values)
    result = grid(picture, picture, disc() if hole is None else hole, step)
    assert result is not None
    return result


@settings(max_examples=20)
@given(
    step=st.integers(2, 5),
    amplitude=st.floats(2, 20),
    seed=st.integers(0, 2**31),
)
def test_a_grid_on_a_smooth_filling_scores_its_amplitude(step, amplitude, seed):
    result = score(smooth(seed) + amplitude * pattern(step, seed), step)
    assert result == pytest.approx(amplitude, rel=0.05, abs=0.15)


@settings(max_examples=20)
@given(step=st.integers(2, 5), seed=st.integers(0, 2**31))
def test_smooth_fillings_have_none(step, seed):
    assert score(smooth(seed), step) < 0.15  # rounding to 8 bits alone
    rows, columns = np.mgrid[:SIDE, :SIDE]
    assert score((rows + columns)[..., None] * np.ones(3), step) < 1e-3


@pytest.mark.parametrize("step", [2, 3, 4])
def test_texture_counts_nothing_on_average(step):
    result = [
        score(128 + 12 * np.random.default_rng(seed).normal(size=(SIDE, SIDE, 3)), step)
        for seed in range(12)
    ]
    assert np.mean(result) < 0.03 * 12


@pytest.mark.parametrize("turned", [False, True])
def test_edges_count_nothing(turned):
    bars = np.zeros((SIDE, SIDE, 3))
    for start, width in ((13, 6), (31, 15), (67, 9), (94, 11)):
        bars[:, start : start + width] = 150
    bars = bars.transpose(1, 0, 2) if turned else bars
    assert score(50 + bars, 4) < 1


@settings(max_examples=20)
@given(seed=st.integers(0, 2**31))
def test_a_grid_whose_sign_changes_from_place_to_place(seed):
    step, cells = 2, 16
    signs = np.random.default_rng(seed).choice([-1, 1], size=(4, 4))
    where = np.kron(signs, np.ones((step * cells, step * cells)))[:SIDE, :SIDE, None]
    result = score(smooth(seed) + 8 * pattern(step, seed) * where, step, np.ones((SIDE, SIDE)))
    assert 0.6 * 8 < result < 1.05 * 8


def test_phases_with_levels_of_their_own_by_hand():
    # Phases of a step of 2: 10, 14, 10, 10. Mean 11; squares 1, 9, 1, 1: mean 3.
    tile = np.array([[10, 14], [10, 10]], np.uint8)
    picture = np.repeat(np.tile(tile, (10, 10))[..., None], 3, 2)
    assert grid(picture, picture, np.ones((20, 20), bool), 2) == pytest.approx(3**0.5)


@settings(max_examples=20)
@given(seed=st.integers(0, 2**31), top=st.integers(0, 9), left=st.integers(0, 9))
def test_only_the_hole_counts(seed, top, left):
    draws = np.random.default_rng(seed)
    hole = np.zeros((70, 90), bool)
    hole[top : top + 50, left : left + 60] = True
    one = draws.integers(0, 256, (70, 90, 3), dtype=np.uint8)
    other = np.where(hole[..., None], one, draws.integers(0, 256, one.shape, dtype=np.uint8))
    result = grid(one, one, hole, 3)
    assert result == grid(other, 255 - one, hole, 3)
    assert result == grid(one, one, hole.astype(np.uint8) * 255, 3)


def test_no_room_is_no_number(photo):
    picture = photo(64, 64)
    hole = np.zeros((64, 64), bool)
    assert grid(picture, picture, hole, 4) is None
    hole[20:27] = True  # thinner than two cells
    assert grid(picture, picture, hole, 4) is None
    hole[:] = False
    hole[8:24, 8:24] = True  # 4 x 4 cells: 3 x 3 places
    assert grid(picture, picture, hole, 4) is not None
    hole[8:24, 20:24] = False  # 4 x 3 cells: no two places 2 apart along both axes
    assert grid(picture, picture, hole, 4) is None


def test_what_does_not_fit_is_refused(photo):
    one = photo(8, 8)
    with pytest.raises(UsageError):
        grid(one, photo(8, 9), np.ones((8, 8)), 2)
    with pytest.raises(UsageError):
        grid(one, one, np.ones((8, 9)), 2)
    with pytest.raises(UsageError):
        grid(one, one, np.ones((8, 8)), 1)
