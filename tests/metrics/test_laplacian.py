"""The Laplacian share: by hand, at equality, and which pixels have a say."""

import doctest
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from deepgin.errors import UsageError
from deepgin.metrics import laplacian


def noise(seed, shape=(24, 20, 3)):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def hole(top, left, bottom, right, shape=(24, 20)):
    found = np.zeros(shape, bool)
    found[top:bottom, left:right] = True
    return found


def test_the_example():
    found = doctest.testmod(import_module("deepgin.metrics.laplacian"))
    assert (found.failed, found.attempted > 0) == (0, True)


def test_by_hand():
    truth, picture = np.zeros((3, 4, 3), np.uint8), np.zeros((3, 4, 3), np.uint8)
    truth[1, 1], picture[1, 1], picture[1, 2] = (3, 6, 9), 30, (0, 0, 3)
    # Inside: (1, 1) and (1, 2). Truth: -4 * 6, 6. Picture: 1 - 4 * 30, 30 - 4 * 1.
    expected = np.sqrt((119**2 + 26**2) / 2) / np.sqrt((24**2 + 6**2) / 2)
    assert laplacian(picture, truth, np.ones((3, 4), bool)) == pytest.approx(expected)


def test_a_thin_hole_counts_whole_and_edges_repeat():
    truth, picture = np.zeros((1, 3, 3), np.uint8), np.zeros((1, 3, 3), np.uint8)
    truth[0, 0], picture[0, 0] = 8, 2  # at the corner three of the neighbours are the pixel itself
    assert laplacian(picture, truth, np.array([[True, False, False]])) == pytest.approx(2 / 8)


def test_a_flat_truth_counts_as_a_thousandth():
    truth, picture = np.full((5, 5, 3), 9, np.uint8), np.full((5, 5, 3), 9, np.uint8)
    picture[2, 2] = 10
    assert laplacian(picture, truth, hole(1, 1, 4, 4, (5, 5))) == pytest.approx(4000)
    assert laplacian(truth, truth, hole(1, 1, 4, 4, (5, 5))) == 0


@settings(deadline=None)
@given(st.integers(0, 99), st.integers(0, 20), st.integers(0, 16))
def test_equal_pictures_have_all_of_it(seed, top, left):
    assert laplacian(noise(seed), noise(seed), hole(top, left, top + 4, left + 4)) == 1


def test_blur_is_below_and_noise_above():
    truth = gaussian_filter(noise(0).astype(float), (1, 1, 0)).astype(np.uint8)
    blurred = gaussian_filter(truth.astype(float), (2, 2, 0)).astype(np.uint8)
    noisy = (truth // 2 + noise(1) // 4).astype(np.uint8)
    where = hole(4, 4, 18, 16)
    assert laplacian(blurred, truth, where) < 0.5
    assert laplacian(noisy, truth, where) > 1.5


@settings(deadline=None)
@given(st.integers(0, 99), st.integers(0, 16), st.integers(0, 14))
def test_pixels_of_the_hole_alone_matter(seed, top, left):
    where = hole(top, left, top + 6, left + 6)
    truth, picture = noise(seed), noise(seed + 1)
    usual = laplacian(picture, truth, where)
    elsewhere = np.where(where[..., None], picture, noise(seed + 2))
    others = np.where(where[..., None], truth, noise(seed + 3))
    assert laplacian(elsewhere, others, where) == usual
    # The cut that is made for speed changes nothing either.
    assert laplacian(picture, truth, where.astype(np.uint8) * 255) == usual


def test_no_hole_has_no_share():
    assert laplacian(noise(0), noise(1), np.zeros((24, 20), bool)) is None


def test_shapes_that_differ_are_refused():
    with pytest.raises(UsageError):
        laplacian(noise(0), noise(0)[:-1], hole(0, 0, 9, 9))
    with pytest.raises(UsageError):
        laplacian(noise(0), noise(0), hole(0, 0, 9, 9, (20, 24)))
