"""Cellular-automaton masks: the median, the dilation, the scales. Hashes: test_mask_sets.py."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from deepgin.masks import cellular, coverage
from deepgin.masks.cellular import _dilate, _grow, _median
from deepgin.masks.draws import Draws

# Cell size at 256: mean and standard deviation of the authors' coverage, in %.
BY_SCALE = {1: (48.8, 0.9), 2: (59.6, 2.7), 4: (51.6, 3.6), 8: (44.0, 6.6)}


def noise(height, width, seed, share=0.5):
    return np.random.default_rng(seed).random((height, width)) < share


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 99))
def test_median_is_the_median(height, width, seed):
    grid = noise(height, width, seed).astype(np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(grid, 1), (3, 3))
    assert np.array_equal(_median(grid), np.median(windows, axis=(2, 3)))


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 99), st.integers(0, 20))
def test_dilation_in_few_passes_is_one_step_repeated(height, width, seed, times):
    mask = noise(height, width, seed, share=0.02)
    expected = ndimage.binary_dilation(mask, iterations=times) if times else mask
    assert np.array_equal(_dilate(mask, times), expected)


@pytest.mark.parametrize("scale", BY_SCALE)
def test_coverage_by_scale(scale):
    covered = [100 * coverage(_grow(Draws("test", i), 256, 256, scale)) for i in range(200)]
    mean, deviation = BY_SCALE[scale]
    assert np.mean(covered) == pytest.approx(mean, abs=1.0)
    assert np.std(covered) == pytest.approx(deviation, abs=1.0)


@pytest.mark.parametrize("side", [128, 512])
def test_coverage_hardly_depends_on_size(side):
    # At 128 the smallest two scales fall together on cells of one pixel: a little less is missing.
    small, usual = (
        [100 * coverage(cellular(s, s, seed)) for seed in range(100)] for s in (side, 256)
    )
    assert np.mean(small) == pytest.approx(np.mean(usual), abs=3.0)


def test_cells_are_enlarged_whole_and_dilated_by_one_pixel():
    mask = _grow(Draws("test", 0), 256, 256, 8)
    # The one pixel of dilation stays out of the middle of a cell.
    cells = mask.reshape(32, 8, 32, 8)[:, 4, :, 4]
    assert np.array_equal(mask, _dilate(np.kron(cells, np.ones((8, 8), bool)), 1))
    assert 0 < coverage(cells) < 1
