"""Texture in a hole: known textures come back, valid pixels stay, bad input does no harm."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from deepgin.texture import Settings, fill
from deepgin.texture.synthesis import trust


def tiles(height, width):
    """Return a picture that repeats a random tile of 12 x 10: uint8."""
    tile = np.random.default_rng(3).integers(40, 216, (12, 10, 3), dtype=np.uint8)
    return tile[np.arange(height) % 12][:, np.arange(width) % 10]


def holed(picture, rows, columns):
    hole = np.zeros(picture.shape[:2], bool)
    hole[rows, columns] = True
    picture = picture.copy()
    picture[hole] = 255  # nothing of what is missing may get in
    return picture, hole


def softened(picture):
    """Return what a soft network would give: the picture's mean colour."""
    return np.full_like(picture, picture.mean((0, 1)).round().astype(np.uint8))


@pytest.mark.parametrize("core", [10**6, 500])
def test_a_repeating_texture_comes_back(core):
    truth = tiles(160, 150)
    picture, hole = holed(truth, slice(60, 100), slice(50, 95))
    filled = fill(picture, hole, hole, softened(truth), Settings(core_pixels=core))
    np.testing.assert_array_equal(filled.picture[~hole], truth[~hole])
    errors = np.abs(filled.picture[hole].astype(int) - truth[hole])
    soft = np.abs(softened(truth)[hole].astype(int) - truth[hole])
    assert errors.mean() < (0.35 if core > 500 else 0.9) * soft.mean()
    assert filled.share > 0.5


def test_threads_change_no_byte():
    truth = tiles(90, 100)
    picture, hole = holed(truth, slice(20, 60), slice(30, 80))
    filled = {
        fill(picture, hole, hole, softened(truth), Settings(threads=n)).picture.tobytes()
        for n in (1, 2, 3)
    }
    assert len(filled) == 1


@pytest.mark.parametrize("by", [2, 5])
def test_a_smaller_guide_will_do(by):
    truth = tiles(96, 96)
    picture, hole = holed(truth, slice(30, 60), slice(30, 60))
    assert fill(picture, hole, hole, softened(truth)[: 96 // by, : 96 // by]).share > 0.5


@pytest.mark.parametrize("one", [False, True])
def test_without_a_valid_patch_the_guide_stays(one):
    picture = tiles(40, 40) if one else tiles(6, 40)
    hole = np.ones(picture.shape[:2], bool)
    hole[20 if one else slice(2), 20] = False
    filled = fill(picture, hole, hole, np.full_like(picture, 77))
    assert filled.share == 0
    assert (filled.picture[hole] == 77).all()
    np.testing.assert_array_equal(filled.picture[~hole], picture[~hole])


def test_one_colour_stays_one_colour():
    truth = np.full((80, 90, 3), (12, 200, 99), np.uint8)
    picture, hole = holed(truth, slice(20, 60), slice(20, 70))
    filled = fill(picture, hole, hole, np.full_like(truth, (20, 190, 105)))
    assert np.abs(filled.picture.astype(int) - truth).max() <= 4


def test_hidden_pixels_are_no_evidence():
    truth = tiles(120, 120)
    picture, hole = holed(truth, slice(40, 60), slice(40, 60))
    hidden = hole.copy()
    hidden[:, 70:] = True
    fills = []
    for colour in ((255, 0, 0), (0, 0, 255)):
        other, guide = picture.copy(), softened(truth)
        other[hidden] = guide[:, 70:] = colour
        fills.append(fill(other, hole, hidden, guide).picture[hole])
    np.testing.assert_array_equal(*fills)


def test_what_a_hole_at_the_border_held_does_not_matter():
    noise = np.random.default_rng(0).normal(size=(120, 160, 3))
    truth = (128 + 450 * ndimage.gaussian_filter(noise, (4, 4, 0))).clip(0, 255).astype(np.uint8)
    hole = np.zeros((120, 160), bool)
    hole[:, :40] = hole[:40] = True
    fills = []
    for colour in (0, 255):
        picture = truth.copy()
        picture[hole] = colour
        fills.append(fill(picture, hole, hole, truth, Settings(core_pixels=600)).picture)
    np.testing.assert_array_equal(*fills)


@pytest.mark.parametrize("core", [100, 10**6])
def test_its_cost_is_known_in_advance_and_it_can_be_stopped(core):
    costs = []
    picture, hole = holed(tiles(90, 90), slice(20, 60), slice(20, 60))
    numbers = Settings(core_pixels=core)
    fill(picture, hole, hole, picture, numbers, check=costs.append)
    expected = numbers.costs(int(hole.sum()), 20.0, hole.size)
    assert sum(costs) / 2 < sum(expected) < 2 * sum(costs)
    with pytest.raises(ZeroDivisionError):
        fill(picture, hole, hole, picture, numbers, check=lambda cost: cost / 0)


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
    picture, guide = rng.integers(0, 256, (2, height, width, 3), dtype=np.uint8)
    hidden = hole | (rng.random(hole.shape) < 0.1)
    numbers = Settings(threads=1, core_pixels=core)
    filled = fill(picture, hole, hidden, guide, numbers).picture
    np.testing.assert_array_equal(filled[~hole], picture[~hole])
    assert filled.dtype == np.uint8
    np.testing.assert_array_equal(filled, fill(picture, hole, hidden, guide, numbers).picture)


@pytest.mark.parametrize(
    ("texture", "low", "high"),
    [(102, 0.95, 1), (112, 0.3, 0.45), (160, 0, 0.001), ("stripes", 0.95, 1)],
)
def test_texture_is_trusted_as_far_as_its_local_mean_is_the_guides(pool, texture, low, high):
    hole = np.zeros((60, 60, 1), bool)
    hole[10:50, 10:50] = True
    guide = np.full((60, 60, 3), 100, np.float32)
    if texture == "stripes":  # the fine band alone is no difference
        texture = np.where(np.arange(60) % 2, 160, 40)[:, None]
    picture = np.where(hole, np.float32(texture), np.float32(255))  # only the hole counts
    trusted = trust(picture, guide, hole[..., 0], 12.0, pool)
    assert (trusted.shape, trusted.dtype) == ((60, 60), np.float32)
    assert low <= trusted[30, 30] <= high
