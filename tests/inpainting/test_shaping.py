"""Dilate, de-grid and feather: shapes against plain definitions, and nothing outside a hole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from deepgin.inpainting import shaping
from deepgin.inpainting.shaping import degrid, dilate, feather


@given(
    st.integers(1, 40), st.integers(1, 40), st.integers(1, 60), st.floats(0, 0.2), st.integers(0, 9)
)
def test_dilation_is_a_disc(height, width, by, share, seed):
    hole = np.random.default_rng(seed).random((height, width)) < share
    found = dilate(hole, by)
    distance = ndimage.distance_transform_edt(~hole) if hole.any() else np.full(hole.shape, 1e9)
    np.testing.assert_array_equal(found, (distance**2).round() <= by * by + by)
    np.testing.assert_array_equal(dilate(hole, 0), hole)


def step(width=60):
    """A picture of 100, a filling of 140 with a texture, and a hole in its right half."""
    hole = np.zeros((40, width), np.bool_)
    hole[:, width // 2 :] = True
    completed = np.full((40, width, 3), 140, np.uint8)
    completed[::2] = 144
    return completed, np.full_like(completed, 100), hole


def test_feather_fades_a_step_and_keeps_the_texture():
    completed, picture, hole = step()
    found = feather(completed, picture, hole, hole, 8).astype(int)
    means = found.mean((0, 2))
    np.testing.assert_array_equal(found[:, :30], completed[:, :30])
    np.testing.assert_array_equal(found[:, 38:], completed[:, 38:])
    assert abs(means[30] - 100) < 4
    assert (np.diff(means[30:39]) > 0).all()
    assert (np.abs(found[::2, 30:] - found[1::2, 30:] - 4) <= 1).all()


def test_feather_never_sees_the_holes_old_contents_nor_hidden_pixels():
    completed, picture, hole = step()
    hidden = hole.copy()
    hidden[10:20] = True
    expected = feather(completed, picture, hole, hidden, 5)
    other = picture.copy()
    other[hidden] = 7
    np.testing.assert_array_equal(feather(completed, other, hole, hidden, 5), expected)
    np.testing.assert_array_equal(expected[~hole], completed[~hole])


def test_feather_in_bands_is_the_same(monkeypatch, photo):
    completed, picture = photo(150, 40, 1), photo(150, 40, 2)
    hole = ndimage.binary_dilation(photo(150, 40, 3)[..., 0] < 1, iterations=7)
    expected = feather(completed, picture, hole, hole, 6)
    monkeypatch.setattr(shaping, "_BAND", 32)
    found = feather(completed, picture, hole, hole, 6)
    assert np.abs(found.astype(int) - expected).max() <= 1
    np.testing.assert_array_equal(found[~hole], completed[~hole])


@pytest.mark.parametrize("width", [0, 1, 30, 500])
def test_feather_of_any_width(photo, width):
    completed, picture, hole = photo(20, 9), photo(20, 9, 1), photo(20, 9, 2)[..., 0] < 100
    found = feather(completed, picture, hole, hole, width)
    np.testing.assert_array_equal(found[~hole], completed[~hole])
    if not width:
        np.testing.assert_array_equal(found, completed)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (64, 64), (65, 33)])
def test_degrid_hides_a_grid_and_keeps_the_size(size):
    grid = np.full((*size, 3), 100, np.uint8)
    grid[::2, ::2] = 140
    found = degrid(grid)
    assert found.shape == grid.shape
    if min(size) > 30:
        inside = found[8:-8, 8:-8].astype(float)
        assert inside.std() < 0.2 * grid.std()
        assert abs(inside.mean() - 110) < 3
