"""De-grid, tint and feather: exact values on made pictures, and nothing outside a hole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from deepgin.inpainting import finishing
from deepgin.inpainting.finishing import degrid, feather, settled
from deepgin.inpainting.scenes import Scene


def step(width=60):
    """A picture of 100, a filling of 140 with a texture, and a hole in its right half."""
    hole = np.zeros((40, width), np.bool_)
    hole[:, width // 2 :] = True
    completed = np.full((40, width, 3), 140, np.uint8)
    completed[::2] = 144
    return completed, np.full_like(completed, 100), hole


def test_feather_fades_a_step_and_keeps_the_texture():
    completed, picture, hole = step()
    out = feather(completed, Scene(picture, hole, hole), 8).astype(int)
    means = out.mean((0, 2))
    np.testing.assert_array_equal(out[:, :30], completed[:, :30])
    np.testing.assert_array_equal(out[:, 38:], completed[:, 38:])
    assert abs(means[30] - 100) < 4
    assert (np.diff(means[30:39]) > 0).all()
    assert (np.abs(out[::2, 30:] - out[1::2, 30:] - 4) <= 1).all()


def test_feather_never_sees_the_holes_old_contents_nor_hidden_pixels():
    completed, picture, hole = step()
    hidden = hole.copy()
    hidden[10:20] = True
    expected = feather(completed, Scene(picture, hole, hidden), 5)
    other = picture.copy()
    other[hidden] = 7
    np.testing.assert_array_equal(feather(completed, Scene(other, hole, hidden), 5), expected)
    np.testing.assert_array_equal(expected[~hole], completed[~hole])


def test_feather_in_bands_is_the_same(monkeypatch, photo):
    completed, picture = photo(150, 40, 1), photo(150, 40, 2)
    hole = ndimage.binary_dilation(photo(150, 40, 3)[..., 0] < 1, iterations=7)
    expected = feather(completed, Scene(picture, hole, hole), 6)
    monkeypatch.setattr(finishing, "_BAND", 32)
    out = feather(completed, Scene(picture, hole, hole), 6)
    assert np.abs(out.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("width", [0, 1, 30, 500])
def test_feather_of_any_width(photo, width):
    completed, picture, hole = photo(20, 9), photo(20, 9, 1), photo(20, 9, 2)[..., 0] < 100
    out = feather(completed, Scene(picture, hole, hole), width)
    np.testing.assert_array_equal(out[~hole], completed[~hole])
    assert width or (out == completed).all()


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (64, 64), (65, 33)])
def test_degrid_hides_a_grid_and_keeps_the_size(size):
    grid = np.full((*size, 3), 100, np.uint8)
    grid[::2, ::2] = 140
    out = degrid(grid)
    assert out.shape == grid.shape
    if min(size) > 30:
        inside = out[8:-8, 8:-8].astype(float)
        assert inside.std() < 0.2 * grid.std()
        assert abs(inside.mean() - 110) < 3


def hole_of(height=40, width=48):
    hole = np.zeros((height, width), bool)
    hole[12:28, 14:34] = True
    return hole


def tinted(picture, hole, seed=0):
    """Return a fill that is off by some levels, each pixel by its own."""
    off = np.random.default_rng(seed).integers(-9, 4, (*hole.shape, 3))
    return np.where(hole[..., None], (picture.astype(int) + off).clip(0, 255), picture).astype(
        np.uint8
    )


@settings(max_examples=20, deadline=None)
@given(colour=st.tuples(*[st.integers(0, 255)] * 3), seed=st.integers(0, 99))
def test_a_flat_ground_comes_back_exactly(colour, seed):
    picture, hole = np.zeros((40, 48, 3), np.uint8) + np.uint8(colour), hole_of()
    assert (settled(tinted(picture, hole, seed), Scene(picture, hole, hole)) == picture).all()


@pytest.mark.parametrize("colour", [(200, 30, 30), (20, 30, 90)])
def test_the_mean_of_a_noisy_flat_ground_is_met_and_its_noise_stays(colour):
    noise = np.random.default_rng(1).normal(0, 2.5, (40, 48, 3))
    picture = (np.array(colour) + noise).round().clip(0, 255).astype(np.uint8)
    hole = hole_of()
    fill = settled(tinted(picture, hole), Scene(picture, hole, hole))
    assert np.abs(fill[hole].mean(0) - picture[~hole].mean(0)).max() < 1
    assert fill[hole].std() > 2
    assert (fill[~hole] == picture[~hole]).all()


def test_hidden_pixels_are_no_ground():
    picture, hole = np.full((40, 48, 3), (200, 30, 30), np.uint8), hole_of()
    hidden = hole.copy()
    hidden[:12] = True
    fill = tinted(picture, hole)
    picture[:12] = (0, 90, 0)
    assert (settled(fill, Scene(picture, hole, hidden))[hole] == (200, 30, 30)).all()


def test_each_part_has_its_own_ground():
    picture = np.zeros((60, 300, 3), np.uint8)
    picture[:, :150], picture[:, 150:] = (200, 30, 30), (20, 30, 90)
    hole = np.zeros((60, 300), bool)
    hole[20:40, 30:60] = hole[20:40, 230:260] = True
    assert (settled(tinted(picture, hole), Scene(picture, hole, hole)) == picture).all()


@pytest.mark.parametrize("hide", [True, False])
def test_grey_stays_grey_and_one_coloured_valid_pixel_leaves_the_fill(hide):
    grey = np.random.default_rng(2).integers(0, 255, (40, 48, 1), np.uint8).repeat(3, 2)
    hole, hidden = hole_of(), hole_of()
    grey[0, 0] = (9, 99, 200)
    hidden[0, 0] = hide  # what is hidden is no evidence
    fill = tinted(grey, hole)
    out = settled(fill, Scene(grey, hole, hidden))
    assert (np.ptp(out[hole].astype(int), axis=1) == 0).all() == hide
    assert hide or (out == fill).all()


def test_without_valid_pixels_the_fill_stays():
    hole = np.ones((8, 8), bool)
    fill = np.random.default_rng(3).integers(0, 255, (8, 8, 3), np.uint8)
    assert (settled(fill, Scene(np.zeros_like(fill), hole, hole)) == fill).all()
