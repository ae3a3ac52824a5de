"""Blending: texture where it keeps to the guide, the guide where it does not."""

import numpy as np
import pytest

from deepgin.texture.blending import trust


@pytest.mark.parametrize(
    ("texture", "low", "high"), [(102, 0.95, 1), (112, 0.3, 0.45), (160, 0, 0.001)]
)
def test_texture_is_trusted_as_far_as_its_colours_are_the_guides(pool, texture, low, high):
    hole = np.zeros((60, 60), bool)
    hole[20:40, 20:40] = True
    guide = np.full((60, 60, 3), 100, np.float32)
    picture = np.where(hole[..., None], np.float32(texture), guide)
    found = trust(picture, guide, hole, 12.0, pool)
    assert (found.shape, found.dtype) == ((60, 60), np.float32)
    assert low <= found[30, 30] <= high


def test_the_fine_band_alone_is_no_difference(pool):
    hole = np.zeros((80, 80), bool)
    hole[20:60, 20:60] = True
    guide = np.full((80, 80, 3), 100, np.float32)
    stripes = 100 + 60 * (np.mgrid[:80, :80][1] % 2 * 2 - 1)
    picture = np.where(hole[..., None], stripes[..., None].astype(np.float32), guide)
    assert trust(picture, guide, hole, 12.0, pool)[25:55, 25:55].min() > 0.95


def test_what_is_outside_the_hole_does_not_count(pool):
    hole = np.zeros((60, 60), bool)
    hole[20:40, 20:40] = True
    guide = np.full((60, 60, 3), 100, np.float32)
    picture = np.where(hole[..., None], guide, np.float32(255))
    assert trust(picture, guide, hole, 12.0, pool)[hole].min() == 1
