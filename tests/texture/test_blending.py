"""Blending: the guide's colours where the texture's are far from them, or the hole is deep."""

import numpy as np

from deepgin.texture.blending import blended
from deepgin.texture.settings import Settings


def run(pool, texture, guide, side=60, **settings):
    hole = np.zeros((side, side), bool)
    hole[20:-20, 20:-20] = True
    given = np.full((side, side, 3), guide, np.float32)
    picture = np.where(hole[..., None], np.float32(texture), given)
    found, share = blended(picture, given, hole, Settings(**settings), pool)
    np.testing.assert_array_equal(found[~hole], given[~hole])
    return found[side // 2, side // 2, 0], share


def test_what_keeps_to_the_guide_stays(pool):
    value, share = run(pool, 102, 100)
    assert 101.8 < value <= 102 and share > 0.95


def test_what_is_far_from_it_takes_its_colour(pool):
    value, share = run(pool, 160, 100)
    assert value < 105 and share < 0.4


def test_deep_in_a_hole_the_guide_counts(pool):
    value, share = run(pool, 104, 100, side=200, deep=(20.0, 40.0))
    assert value < 100.5 and share < 0.7


def test_the_high_band_stays_the_textures(pool):
    columns = np.mgrid[:100, :100][1]
    stripes = np.where(columns[..., None] % 2, np.float32(130), np.float32(70))
    hole = np.zeros((100, 100), bool)
    hole[20:-20, 20:-20] = True
    given = np.full((100, 100, 3), 180, np.float32)
    picture = np.where(hole[..., None], stripes, given)
    found, _ = blended(picture, given, hole, Settings(), pool)
    inner = found[40:60, 40:60, 0]
    assert abs(inner.mean() - 180) < 5
    np.testing.assert_allclose(
        inner[:, 1] - inner[:, 0], picture[40:60, 41, 0] - picture[40:60, 40, 0], atol=1
    )
