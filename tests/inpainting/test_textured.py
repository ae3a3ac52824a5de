"""Parts of a hole, with enough surroundings and not too many."""

import numpy as np
import pytest

from deepgin.inpainting.boxes import Box
from deepgin.inpainting.scenes import Scene
from deepgin.inpainting.textured import _shrinking, part_of
from deepgin.texture import Settings


def test_surroundings_reach_further_where_little_is_valid():
    hole = np.zeros((900, 1600), bool)
    hole[400:500, 700:900] = True
    box = Box(400, 700, 500, 900)
    part = part_of(Scene(hole, hole, hole), box, Settings())
    assert (part.depth, part.pixels, part.around) == (50, 20_000, Box(100, 400, 800, 1200))
    hidden = hole.copy()
    hidden[:, 380:1220] = True
    assert part_of(Scene(hole, hole, hidden), box, Settings()).around.width > part.around.width


@pytest.mark.parametrize(("side", "count"), [(1000, 0), (4000, 0), (6000, 1), (16384, 2)])
def test_what_is_too_large_is_halved(side, count):
    assert _shrinking(Box(0, 0, side, side)) == count
