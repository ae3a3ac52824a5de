"""Object-like masks: share, place, one piece without holes. Pinned hashes: test_mask_sets.py."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from deepgin.masks import blob, coverage
from deepgin.masks.blob import _SCALE, _largest, _noise, _weights
from deepgin.masks.draws import Draws


def drawn(*rows):
    return np.array([[pixel == "#" for pixel in row] for row in rows])


@settings(deadline=None, max_examples=40)
@given(st.integers(64, 320), st.integers(64, 320), st.integers())
def test_one_piece_without_holes_of_3_to_10_percent(height, width, seed):
    mask = blob(height, width, seed)
    assert mask.dtype == np.bool_ and mask.shape == (height, width)
    assert 0.03 <= coverage(mask) <= 0.10
    assert ndimage.label(mask)[1] == 1
    assert np.array_equal(ndimage.binary_fill_holes(mask), mask)


@pytest.mark.parametrize(("height", "width"), [(64, 3000), (3000, 64), (64, 64), (700, 900)])
def test_share_in_long_and_in_large_pictures(height, width):
    assert all(0.03 <= coverage(blob(height, width, seed)) <= 0.10 for seed in range(12))


def test_shares_and_places_spread():
    masks = [blob(96, 128, seed) for seed in range(300)]
    shares = [coverage(mask) for mask in masks]
    assert np.mean(shares) == pytest.approx(0.06, abs=0.005)
    assert min(shares) < 0.035 and max(shares) > 0.09
    centres = np.array([np.argwhere(mask).mean(0) / mask.shape for mask in masks])
    assert centres.mean(0) == pytest.approx([0.5, 0.5], abs=0.04)
    assert centres.std(0) == pytest.approx([0.145, 0.145], abs=0.03)  # of a uniform half: 0.144


def test_it_scales_with_the_picture():
    # The outlines of one seed differ by how draws fall on the grid; the shares do not.
    small, large = ([coverage(blob(s, s, seed)) for seed in range(40)] for s in (128, 512))
    assert np.mean(np.subtract(small, large)) == pytest.approx(0, abs=0.002)


def test_outlines_are_neither_discs_nor_dust():
    masks = [blob(256, 256, seed) for seed in range(60)]
    edge = [int((mask & ~ndimage.binary_erosion(mask)).sum()) for mask in masks]
    disc = [4 * np.sqrt(2 * mask.sum() / np.pi) for mask in masks]  # edge pixels of a disc
    assert 1.1 < np.median(np.divide(edge, disc)) < 1.8


def test_noise_does_not_depend_on_the_order_of_sums():
    tall, wide = _weights(30, 5.0), _weights(40, 5.0)
    draws = Draws("test", 0)
    grid = [draws.between(-127, 127) for _ in range(tall.shape[1] * wide.shape[1])]
    whole = [[int(x) for x in row] for row in np.reshape(grid, (tall.shape[1], -1))]
    by_hand = sum(
        int(tall[17, i]) * int(wide[23, j]) * whole[i][j]
        for i in range(tall.shape[1])
        for j in range(wide.shape[1])
    )
    noise = _noise(Draws("test", 0), 30, 40, 5.0)
    assert noise[17, 23] == by_hand
    assert np.abs(noise).max() <= _SCALE < 2**53


def test_the_largest_piece_is_filled():
    filled = _largest(drawn("#......", "..####.", "..#..#.", "..#..#.", "#.####."))
    assert np.array_equal(filled, drawn(".......", "..####.", "..####.", "..####.", "..####."))
