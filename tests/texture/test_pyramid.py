"""Levels: means of valid pixels alone, holes that grow, valid pixels that shrink, and enlarging."""

import numpy as np
import pytest

from deepgin.texture.pyramid import Level, depth_of, doubled, halved, halvings, levels_of


def test_halved_takes_the_mean_of_what_is_valid():
    picture = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    hole, valid = np.array([[1, 0], [0, 0]], bool), np.array([[0, 1], [1, 0]], bool)
    out = halved(Level(picture, hole, valid))
    np.testing.assert_allclose(out.picture[0, 0], (picture[0, 1] + picture[1, 0]) / 2)
    assert (out.hole.tolist(), out.valid.tolist()) == ([[True]], [[False]])
    unknown = halved(Level(picture, hole, np.zeros((2, 2), bool)))
    np.testing.assert_allclose(unknown.picture[0, 0], picture.mean((0, 1)))


def test_padding_is_no_evidence_and_no_hole():
    level = Level(np.ones((3, 5, 3), np.float32), np.ones((3, 5), bool), np.ones((3, 5), bool))
    levels = levels_of(level, 2)
    assert [one.hole.shape for one in levels] == [(4, 8), (2, 4), (1, 2)]
    assert not levels[0].hole[3].any() and not levels[0].valid[:, 5:].any()
    assert (levels[0].picture == 1).all()


def test_doubled_undoes_halved_where_a_picture_is_a_ramp():
    ramp = np.add.outer(np.arange(16.0), 3 * np.arange(12.0)).astype(np.float32)
    picture = np.repeat(ramp[..., None], 3, 2)
    whole = np.ones((16, 12), bool)
    back = doubled(halved(Level(picture, ~whole, whole)).picture)
    np.testing.assert_allclose(back[1:-1, 1:-1], picture[1:-1, 1:-1], atol=1e-5)


def level_of(hole):
    return Level(np.zeros((*hole.shape, 3), np.float32), hole, ~hole)


def test_depth_is_to_the_nearest_valid_pixel():
    hole = np.ones((3, 5), bool)
    assert (depth_of(level_of(hole)) == 5).all()
    assert depth_of(level_of(~hole)).max() == 0
    hole[:, 0] = False
    np.testing.assert_array_equal(depth_of(level_of(hole)), [[0, 1, 2, 3, 4]] * 3)
    padded = levels_of(level_of(hole[:, ::-1]), 2)[0]
    np.testing.assert_array_equal(depth_of(padded)[:3, :5], [[4, 3, 2, 1, 0]] * 3)


@pytest.mark.parametrize(("side", "expected"), [(24, 3), (100, 1), (300, 0)])
def test_halvings_stop_at_depth_or_side(side, expected):
    hole = np.zeros((240, 300), bool)
    hole[60:140, 60:200] = True  # 40 deep
    level = level_of(hole)
    assert halvings(level, 6, side, 5) == expected
    assert halvings(level, 6, 24, 1) == min(1, halvings(level, 6, 24, 5))
