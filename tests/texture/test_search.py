"""The search: nearest patches, agreement of neighbours, and matches of a larger level."""

import numpy as np
import pytest

from deepgin.texture.search import (
    Matches,
    Tree,
    agree,
    distances,
    doubled,
    evenly,
    principal,
    targets_and_sources,
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
    offered = rng.normal(size=(600, 9)).astype(np.float32)
    offered[:, 8] = 0  # eight axes hold all of it
    places = np.flatnonzero(rng.random(600) < 0.5)
    for workers in (1, 2):
        tree = Tree(offered, places, 1000, workers)
        np.testing.assert_array_equal(tree.nearest(offered[places[:50]]), places[:50])
        assert tree.nearest(np.zeros((0, 9), np.float32)).shape == (0,)


def test_principal_axes_are_those_of_the_spread():
    rng = np.random.default_rng(3)
    features = (rng.normal(size=(500, 3)) * [1, 9, 3] + [0, 5, 0]).astype(np.float32)
    mean, axes = principal(features, 2)
    np.testing.assert_allclose(mean, features.mean(0), atol=1e-4)
    assert axes.shape == (3, 2)
    assert abs(axes[1, 0]) > 0.99 and abs(axes[2, 1]) > 0.99


@pytest.mark.parametrize("most", [1, 7, 100, 5000])
def test_evenly_takes_some_in_order(most):
    found = evenly(np.arange(1000), most)
    assert len(found) <= most and (np.diff(found) > 0).all()
    assert len(found) > most / 2 or most > 1000
    assert most < 1000 or len(found) == 1000


def matches_of(rows, columns, offset):
    targets = np.sort((rows * SHAPE[1] + columns).ravel())
    return Matches(targets, targets + offset, np.full(len(targets), 9, np.float32), SHAPE)


def test_neighbours_take_over_a_better_match():
    rows, columns = np.mgrid[10:13, 10:15]
    matches = matches_of(rows, columns, -5 * SHAPE[1])
    offered = np.random.default_rng(4).normal(size=(600, 6)).astype(np.float32)
    right = 4 - 7 * SHAPE[1]
    wanted = offered[matches.targets + right]  # the truth is one offset for all
    matches.sources[7] = matches.targets[7] + right
    matches.distances = distances(wanted, offered, matches.sources)
    agree(matches, wanted, offered, np.ones(SHAPE, bool), 6)
    np.testing.assert_array_equal(matches.sources - matches.targets, right)
    assert matches.distances.max() == 0


def test_agreement_never_wraps_round_an_edge_nor_leaves_the_sources():
    rows, columns = np.mgrid[0:20, 24:30]
    matches = matches_of(rows, columns, 0)
    matches.sources = matches.targets // SHAPE[1] * SHAPE[1] + 28
    offered = np.zeros((600, 2), np.float32)
    offered[:, 0] = np.arange(600) % SHAPE[1] > 5  # the left edge would be best
    allowed = np.ones(SHAPE, bool)
    allowed[:, 10:20] = False
    wanted = np.zeros((len(matches.targets), 2), np.float32)
    matches.distances = distances(wanted, offered, matches.sources)
    agree(matches, wanted, offered, allowed, 3)
    assert (matches.sources % SHAPE[1] >= 20).all()
    np.testing.assert_array_equal(matches.sources // SHAPE[1], matches.targets // SHAPE[1])


def test_doubled_doubles_offsets_and_stays_within_the_sources():
    rows, columns = np.mgrid[5:8, 5:9]
    below = matches_of(rows, columns, 2 * SHAPE[1] - 3)
    targets, sources = np.zeros((40, 60), bool), np.ones((40, 60), bool)
    targets[8:18, 8:20] = True  # wider than what the level below has
    sources[14] = False
    found = doubled(below, targets, sources)
    np.testing.assert_array_equal(found.targets, np.flatnonzero(targets))
    assert sources.ravel()[found.sources].all()
    inner = (found.targets // 60 == 11) & (found.targets % 60 == 12)
    assert (found.sources - found.targets)[inner] == 4 * 60 - 6
