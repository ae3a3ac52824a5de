"""The vote: weighted means of what patches say."""

import numpy as np

from deepgin.texture.search import Matches
from deepgin.texture.vote import vote, weights_of

SHAPE = (9, 11)


def test_one_patch_copies_its_match(pool):
    values = np.random.default_rng(5).normal(size=(99, 4)).astype(np.float32)
    matches = Matches(
        np.array([4 * 11 + 4]), np.array([6 * 11 + 7]), np.zeros(1, np.float32), SHAPE
    )
    pixels = np.array([3 * 11 + 3, 4 * 11 + 4, 5 * 11 + 5, 8 * 11 + 10])
    found = vote(values, matches, np.ones(1, np.float32), pixels, 1, pool)
    np.testing.assert_array_equal(found[:3], values[pixels[:3] + 2 * 11 + 3])
    assert np.isnan(found[3]).all()


def test_two_patches_are_weighted(pool):
    values = np.arange(99, dtype=np.float32)[:, None]
    matches = Matches(
        np.array([48, 49]), np.array([48 - 22, 49 + 11]), np.zeros(2, np.float32), SHAPE
    )
    found = vote(values, matches, np.array([3, 1], np.float32), np.array([48]), 1, pool)
    assert found[0, 0] == (3 * 26 + 59) / 4


def test_similar_patches_and_those_near_the_photograph_count_more():
    depth = np.ones(SHAPE, np.float32)
    depth[5] = 3
    targets = np.array([12, 13, 5 * 11 + 2])
    weights = weights_of(Matches(targets, targets, np.array([2, 8, 2], np.float32), SHAPE), depth)
    assert weights[0] > weights[1] and weights[0] > weights[2]
    np.testing.assert_allclose(weights[2] / weights[0], 1.3**-2, rtol=1e-5)
