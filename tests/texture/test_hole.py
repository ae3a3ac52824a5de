"""Texture in a hole: known textures come back, valid pixels stay, bad input does no harm."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgin.texture import Settings, fill


def holed(picture, rows, columns):
    hole = np.zeros(picture.shape[:2], bool)
    hole[rows, columns] = True
    given_picture = picture.copy()
    given_picture[hole] = 255  # nothing of what is missing may get in
    return given_picture, hole


def softened(picture):
    """Return what a soft network would say: the picture's mean colour."""
    return np.full_like(picture, picture.mean((0, 1)).round().astype(np.uint8))


@pytest.mark.parametrize("core", [10**6, 500])
def test_a_repeating_texture_comes_back(tiles, core):
    truth = tiles(160, 150)
    picture, hole = holed(truth, slice(60, 100), slice(50, 95))
    found = fill(picture, hole, hole, softened(truth), Settings(core_pixels=core))
    np.testing.assert_array_equal(found.picture[~hole], truth[~hole])
    errors = np.abs(found.picture[hole].astype(int) - truth[hole])
    soft = np.abs(softened(truth)[hole].astype(int) - truth[hole])
    assert errors.mean() < (0.35 if core > 500 else 0.9) * soft.mean()
    assert found.share > 0.5


def test_threads_change_no_byte(tiles):
    truth = tiles(90, 100)
    picture, hole = holed(truth, slice(20, 60), slice(30, 80))
    found = {
        fill(picture, hole, hole, softened(truth), Settings(threads=n)).picture.tobytes()
        for n in (1, 2, 3, 1)
    }
    assert len(found) == 1


def test_a_smaller_guide_will_do(tiles):
    truth = tiles(96, 96)
    picture, hole = holed(truth, slice(30, 60), slice(30, 60))
    for by in (2, 5):
        found = fill(picture, hole, hole, softened(truth)[: 96 // by, : 96 // by])
        np.testing.assert_array_equal(found.picture[~hole], truth[~hole])
        assert found.share > 0.5


def test_without_a_valid_patch_the_guide_stays(tiles):
    picture, guide = tiles(6, 40), np.full((6, 40, 3), 77, np.uint8)
    _, hole = holed(picture, slice(2, 4), slice(5, 30))
    found = fill(picture, hole, hole, guide)
    assert found.share == 0
    assert (found.picture[hole] == 77).all()
    np.testing.assert_array_equal(found.picture[~hole], picture[~hole])


def test_one_valid_pixel(tiles):
    picture, hole = tiles(40, 40), np.ones((40, 40), bool)
    hole[20, 20] = False
    found = fill(picture, hole, hole, np.full_like(picture, 50))
    assert (found.picture[hole] == 50).all() and found.share == 0
    np.testing.assert_array_equal(found.picture[20, 20], picture[20, 20])


def test_one_colour_stays_one_colour():
    picture = np.full((80, 90, 3), (12, 200, 99), np.uint8)
    given_picture, hole = holed(picture, slice(20, 60), slice(20, 70))
    found = fill(given_picture, hole, hole, np.full_like(picture, (20, 190, 105)))
    assert np.abs(found.picture.astype(int) - picture).max() <= 4


def test_hidden_pixels_are_no_evidence(tiles):
    truth = tiles(120, 120)
    picture, hole = holed(truth, slice(40, 60), slice(40, 60))
    hidden = hole.copy()
    hidden[:, 70:] = True
    found = []
    for colour in ((255, 0, 0), (0, 0, 255)):
        given_picture, guide = picture.copy(), softened(truth)
        given_picture[hidden] = guide[:, 70:] = colour
        found.append(fill(given_picture, hole, hidden, guide).picture)
    np.testing.assert_array_equal(found[0][hole], found[1][hole])


def test_it_stops_when_told_to(tiles):
    class Stopped(Exception):
        pass

    calls = []

    def check(cost):
        calls.append(cost)
        if len(calls) == 3:
            raise Stopped

    picture, hole = holed(tiles(90, 90), slice(20, 60), slice(20, 60))
    with pytest.raises(Stopped):
        fill(picture, hole, hole, picture, check=check)
    assert len(calls) == 3


@pytest.mark.parametrize("core", [100, 10**6])
def test_its_cost_is_known_in_advance(tiles, core):
    costs = []
    picture, hole = holed(tiles(90, 90), slice(20, 60), slice(20, 60))
    numbers = Settings(core_pixels=core)
    fill(picture, hole, hole, picture, numbers, check=costs.append)
    expected = numbers.costs(int(hole.sum()), 20.0, hole.size)
    assert sum(costs) / 2 < sum(expected) < 2 * sum(costs)


@settings(deadline=None)
@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    share=st.floats(0.01, 1),
    block=st.integers(1, 20),
    core=st.sampled_from([20, 300, 10**6]),
    seed=st.integers(0, 2**32 - 1),
)
def test_valid_pixels_stay_and_bytes_repeat(height, width, share, block, core, seed):
    rng = np.random.default_rng(seed)
    cells = rng.random((-(-height // block), -(-width // block))) < share
    hole = np.kron(cells, np.ones((block, block)))[:height, :width] > 0
    if not hole.any():
        return
    picture = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    guide = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    hidden = hole | (rng.random(hole.shape) < 0.1)
    numbers = replace(Settings(threads=1), core_pixels=core)
    found = fill(picture, hole, hidden, guide, numbers).picture
    np.testing.assert_array_equal(found[~hole], picture[~hole])
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, fill(picture, hole, hidden, guide, numbers).picture)
