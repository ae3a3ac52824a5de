"""Search and vote: nearest patches, agreement of neighbours, and weighted means."""

import numpy as np
import pytest

from deepgin.texture.matches import (
    Matches,
    PatchTree,
    agree,
    distances,
    doubled,
    evenly,
    targets_and_sources,
    vote,
    weights_of,
)

SHAPE = (20, 30)


def test_targets_touch_the_hole_and_sources_are_whole():
    hole = np.zeros(SHAPE, bool)
    hole[8:10, 10:14] = True
    targets, sources = targets_and_sources(hole, ~hole, 2)
    assert targets[6:12, 8:16].all() and targets.sum() == 6 * 8
    assert not (targets & sources).any()
    assert not sources[:2].any() and not sources[:, -2:].any()
    assert sources.sum() == 16 * 26 - 48


def test_the_tree_finds_what_is_there():
    rng = np.random.default_rng(2)
    candidates = rng.normal(size=(600, 9)).astype(np.float32)
    candidates[:, 8] = 0  # eight axes hold all of it
    places = np.flatnonzero(rng.random(600) < 0.5)
    for workers in (1, 2):
        tree = PatchTree(candidates, places, 1000, workers)
        np.testing.assert_array_equal(tree.nearest(candidates[places[:50]]), places[:50])
        assert tree.nearest(np.zeros((0, 9), np.float32)).shape == (0,)


@pytest.mark.parametrize("most", [1, 7, 100, 5000])
def test_evenly_takes_some_in_order(most):
    out = evenly(np.arange(1000), most)
    assert len(out) <= most and (np.diff(out) > 0).all()
    assert len(out) > most / 2 or most > 1000
    assert most < 1000 or len(out) == 1000


def matches_of(rows, columns, offset):
    targets = np.sort((rows * SHAPE[1] + columns).ravel())
    return Matches(targets, targets + offset, np.full(len(targets), 9, np.float32), SHAPE)


def test_neighbours_take_over_a_better_match():
    rows, columns = np.mgrid[10:13, 10:15]
    matches = matches_of(rows, columns, -5 * SHAPE[1])
    candidates = np.random.default_rng(4).normal(size=(600, 6)).astype(np.float32)
    right = 4 - 7 * SHAPE[1]
    queries = candidates[matches.targets + right]  # the truth is one offset for all
    matches.sources[7] = matches.targets[7] + right
    matches.distances = distances(queries, candidates, matches.sources)
    agree(matches, queries, candidates, np.ones(SHAPE, bool), 6)
    np.testing.assert_array_equal(matches.sources - matches.targets, right)
    assert matches.distances.max() == 0


@pytest.mark.parametrize(("edge", "best"), [(29, 0), (0, 29)])
def test_agreement_never_wraps_round_an_edge(edge, best):
    rows, columns = np.mgrid[5:15, 12:18]
    matches = matches_of(rows, columns, 0)
    matches.sources = matches.targets // SHAPE[1] * SHAPE[1] + edge
    candidates = np.ones((600, 2), np.float32)
    candidates[np.arange(600) % SHAPE[1] == best] = 0  # beyond the edge, a row away
    queries = np.zeros((len(matches.targets), 2), np.float32)
    matches.distances = distances(queries, candidates, matches.sources)
    agree(matches, queries, candidates, np.ones(SHAPE, bool), 3)
    assert (matches.sources % SHAPE[1] == edge).all()


def test_agreement_never_leaves_the_sources():
    rows, columns = np.mgrid[5:15, 12:18]
    matches = matches_of(rows, columns, 5)
    matches.sources[columns.ravel() == 17] -= 8  # so that its neighbours would take column 13
    candidates = np.tile(np.arange(600, dtype=np.float32)[:, None], 2)
    queries = np.zeros((len(matches.targets), 2), np.float32)  # the lower the number, the better
    allowed = np.zeros(SHAPE, bool)
    allowed[:, 14:24] = True
    matches.distances = distances(queries, candidates, matches.sources)
    agree(matches, queries, candidates, allowed, 3)
    assert allowed.ravel()[matches.sources].all()


def test_doubled_doubles_offsets_and_stays_within_the_sources():
    rows, columns = np.mgrid[5:8, 5:9]
    below = matches_of(rows, columns, 2 * SHAPE[1] - 3)
    targets, sources = np.zeros((40, 60), bool), np.ones((40, 60), bool)
    targets[8:18, 8:20] = True  # wider than what the level below has
    sources[14] = False
    out = doubled(below, targets, sources)
    np.testing.assert_array_equal(out.targets, np.flatnonzero(targets))
    assert sources.ravel()[out.sources].all()
    inner = (out.targets // 60 == 11) & (out.targets % 60 == 12)
    assert (out.sources - out.targets)[inner] == 4 * 60 - 6


def test_a_vote_is_the_weighted_mean_of_the_patches_matches(pool):
    values = np.random.default_rng(5).normal(size=(600, 4)).astype(np.float32)
    targets = np.array([4 * 30 + 4, 4 * 30 + 5])
    matches = Matches(targets, targets + [63, -28], np.zeros(2, np.float32), SHAPE)
    pixels = np.array([3 * 30 + 3, 4 * 30 + 4, 8 * 30 + 10])
    weights = np.array([3, 1], np.float32)
    out = vote(values, matches, weights, pixels, 1, pool)
    np.testing.assert_array_equal(out[0], values[pixels[0] + 63])
    both = (3 * values[pixels[1] + 63] + values[pixels[1] - 28]) / 4
    np.testing.assert_allclose(out[1], both, rtol=1e-5, atol=1e-6)
    assert np.isnan(out[2]).all()


def test_similar_patches_and_those_near_the_photograph_count_more():
    depth = np.ones(SHAPE, np.float32)
    depth[5] = 3
    targets = np.array([12, 13, 5 * 30 + 2])
    weights = weights_of(Matches(targets, targets, np.array([2, 8, 2], np.float32), SHAPE), depth)
    assert weights[0] > weights[1] and weights[0] > weights[2]
    np.testing.assert_allclose(weights[2] / weights[0], 1.3**-2, rtol=1e-5)
