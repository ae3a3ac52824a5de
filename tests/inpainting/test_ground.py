"""The colours of the ground: exact values on made pictures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgin.inpainting.ground import settled


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
    assert (settled(tinted(picture, hole, seed), picture, hole, hole) == picture).all()


@pytest.mark.parametrize("colour", [(200, 30, 30), (20, 30, 90)])
def test_the_mean_of_a_noisy_flat_ground_is_met_and_its_noise_stays(colour):
    noise = np.random.default_rng(1).normal(0, 2.5, (40, 48, 3))
    picture = (np.array(colour) + noise).round().clip(0, 255).astype(np.uint8)
    hole = hole_of()
    fill = settled(tinted(picture, hole), picture, hole, hole)
    assert np.abs(fill[hole].mean(0) - picture[~hole].mean(0)).max() < 1
    assert fill[hole].std() > 2
    assert (fill[~hole] == picture[~hole]).all()


def test_each_part_has_its_own_ground():
    picture = np.zeros((60, 300, 3), np.uint8)
    picture[:, :150], picture[:, 150:] = (200, 30, 30), (20, 30, 90)
    hole = np.zeros((60, 300), bool)
    hole[20:40, 30:60] = hole[20:40, 230:260] = True
    assert (settled(tinted(picture, hole), picture, hole, hole) == picture).all()


@pytest.mark.parametrize("off", [None, (5, 5)])
def test_grey_stays_grey_and_one_coloured_valid_pixel_leaves_the_fill(off):
    grey = np.random.default_rng(2).integers(0, 255, (40, 48, 1), np.uint8).repeat(3, 2)
    hole, hidden = hole_of(), hole_of()
    grey[0, 0] = (9, 99, 200)
    if off is None:
        hidden[0, 0] = True  # what is hidden is no evidence
    fill = tinted(grey, hole)
    out = settled(fill, grey, hole, hidden)
    assert (np.ptp(out[hole].astype(int), axis=1) == 0).all() == (off is None)
    assert off is None or (out == fill).all()


def test_without_valid_pixels_the_fill_stays():
    hole = np.ones((8, 8), bool)
    fill = np.random.default_rng(3).integers(0, 255, (8, 8, 3), np.uint8)
    assert (settled(fill, np.zeros_like(fill), hole, hole) == fill).all()
