"""Fits: what the network sees of a picture of any size, and that fillings fit together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgin.errors import UsageError
from deepgin.inpainting.batches import Steps
from deepgin.inpainting.fits import (
    auto,
    crop,
    direct,
    divide,
    interleave,
    phases,
    polyphase,
    resize,
)
from deepgin.inpainting.scenes import Scene


@pytest.fixture
def mean(painter):
    """A runtime that fills each hole with the mean of what is valid of its patch."""

    class Mean(painter):
        def fill(self, pictures, masks, guidance=None):
            super().fill(pictures, masks, guidance)
            out = pictures.copy()
            for picture, mask in zip(out, masks, strict=True):
                valid = picture[~mask]
                picture[mask] = valid.mean(0).round() if len(valid) else 128
            return out

    return Mean()


@pytest.mark.parametrize(
    ("size", "padded"),
    [
        ((16, 32), (16, 32)),
        ((15, 17), (16, 32)),
        ((33, 16), (48, 16)),
        ((1, 1), (16, 16)),
        ((3, 40), (16, 48)),
    ],
)
def test_direct_mirrors_to_multiples_of_sixteen(photo, painter, complete, size, padded):
    picture = photo(*size)
    mask = photo(*size, seed=1)[..., 0] > 128
    runtime = painter()
    completed = complete(direct, runtime, picture, mask)
    assert completed.fit == "direct"
    assert (completed.picture[mask] == runtime.COLOUR).all()
    assert completed.picture.shape == picture.shape
    [(pictures, masks, _)] = runtime.seen
    rows, columns = (
        [min(i % (2 * length), -(i + 1) % (2 * length)) for i in range(to)]
        for length, to in zip(size, padded, strict=True)
    )
    np.testing.assert_array_equal(pictures[0], picture[rows][:, columns])
    np.testing.assert_array_equal(masks[0], mask[rows][:, columns])


def test_direct_refuses_what_would_take_hours(painter, complete):
    picture, mask = np.zeros((1100, 1101, 3), np.uint8), np.eye(1100, 1101, dtype=np.bool_)
    with pytest.raises(UsageError, match="1101 x 1100") as raised:
        complete(direct, painter(), picture, mask)
    assert raised.value.field == "fit"
    complete(direct, painter(), picture[:, 1:], mask[:, 1:])


@given(st.integers(1, 5), st.integers(1, 6), st.integers(1, 6), st.booleans())
def test_phases_are_every_sth_pixel(s, rows, columns, colours):
    shape = (rows * s, columns * s, 3) if colours else (rows * s, columns * s)
    array = np.arange(np.prod(shape)).reshape(shape)
    parts = divide(array, s)
    for i in range(s):
        for j in range(s):
            np.testing.assert_array_equal(parts[i * s + j], array[i::s, j::s])
    np.testing.assert_array_equal(interleave(parts, s), array)


@pytest.mark.parametrize(
    ("size", "s"),
    [((1, 1), 1), ((256, 256), 1), ((512, 900), 2), ((700, 1100), 3), ((4000, 4000), 16),
     ((100, 30000), 2)],
)  # fmt: skip
def test_the_shorter_side_of_a_phase_is_about_the_training_size(size, s):
    assert phases(*size, 256) == s


def test_only_phases_with_holes_are_filled_and_any_size_fits(photo, painter, complete):
    picture, mask = photo(523, 600), np.zeros((523, 600), np.bool_)
    mask[522, :580:2] = True  # phase 0, and, mirrored below the edge, phase 2
    runtime = painter()
    completed = complete(polyphase, runtime, picture, mask)
    assert completed.fit == "polyphase (2 x 2 phases of 304 x 272)"
    assert len(runtime.seen) == 2
    np.testing.assert_array_equal(runtime.seen[0][0][0][:262, :300], picture[::2, ::2])
    assert completed.picture.shape == picture.shape
    assert (completed.picture[mask] == runtime.COLOUR).all()


def ramp(height, width):
    """A picture that is smooth, so that a good filling is known."""
    rows, columns = np.mgrid[:height, :width]
    return np.dstack(
        [rows * 200 // height, columns * 200 // width, np.full((height, width), 90)]
    ).astype(np.uint8)


def test_shrinking_takes_valid_pixels_alone():
    picture, mask = np.full((600, 900, 3), 200, np.uint8), np.zeros((600, 900), np.bool_)
    mask[100:300, 100:403] = True
    picture[mask] = (255, 0, 0)
    small = Scene(picture, mask, mask).shrunk(256)
    assert small.picture.shape == (171, 256, 3)
    assert np.abs(small.picture[~small.hidden].astype(int) - 200).max() <= 2
    assert abs(small.hidden.mean() - mask.mean()) < 0.01
    np.testing.assert_array_equal(small.hole, small.hidden)
    assert Scene(picture, mask, mask).shrunk(900).hidden is mask


def test_shrinking_scattered_holes_leaves_something():
    rng = np.random.default_rng(0)
    mask = rng.random((512, 512)) < 0.97
    small = Scene(np.full((512, 512, 3), 50, np.uint8), mask, mask).shrunk(64)
    assert not small.hidden.all()
    assert np.abs(small.picture[~small.hidden].astype(int) - 50).max() < 10
    one = np.ones((3000, 3000), np.bool_)
    one[5, 5] = False
    Scene(np.zeros((3000, 3000, 3), np.uint8), one, one).shrunk(256)


@pytest.mark.parametrize(("size", "small"), [((1, 8000), (1, 256)), ((700, 1100), (163, 256))])
def test_resize_fills_at_the_size_of_training(photo, painter, complete, size, small):
    picture, mask = photo(*size), np.zeros(size, np.bool_)
    mask[:, 300:600] = True
    runtime = painter()
    completed = complete(resize, runtime, picture, mask)
    assert completed.fit == f"resize (to {small[1]} x {small[0]})"
    assert completed.picture.shape == picture.shape
    assert runtime.seen[0][0].shape[2] == 256
    middle = completed.picture[:, 400:500]
    assert (middle == painter.COLOUR).all()


def test_small_holes_are_cropped_at_full_size(photo, painter, complete):
    picture, mask = photo(1000, 1200), np.zeros((1000, 1200), np.bool_)
    mask[300:400, 500:560] = mask[990:, 1190:] = mask[310:320, 590:600] = True
    runtime = painter()
    completed = complete(crop, runtime, picture, mask)
    assert completed.fit == "crop (2 crops of about 256)"  # the nearer two share one
    assert [p.shape for p, _, _ in runtime.seen] == [(1, 256, 256, 3)] * 2
    np.testing.assert_array_equal(runtime.seen[0][0][0], picture[222:478, 422:678])
    np.testing.assert_array_equal(runtime.seen[1][1][0], mask[744:, 944:])
    assert (completed.picture[mask] == painter.COLOUR).all()
    np.testing.assert_array_equal(completed.picture[~mask], picture[~mask])


def test_a_long_thin_hole_needs_no_smaller_picture(photo, painter, complete):
    picture, mask = photo(700, 2000), np.zeros((700, 2000), np.bool_)
    mask[350:356] = True
    completed = complete(crop, painter(), picture, mask)
    assert completed.fit == "crop (16 crops of about 256)"
    assert (completed.picture[mask] == painter.COLOUR).all()


def test_a_deep_hole_is_filled_from_coarse_to_fine(mean, complete):
    picture, mask = ramp(1000, 900), np.zeros((1000, 900), np.bool_)
    mask[200:700, 200:700] = True
    truth = picture.copy()
    picture[mask] = 255
    runtime = mean
    completed = complete(crop, runtime, picture, mask)
    assert "from 1/4 of the size up" in completed.fit
    np.testing.assert_array_equal(completed.picture[~mask], picture[~mask])
    # A mean is a poor filling, but near the edge it is one of what is near.
    edge = mask.copy()
    edge[220:680, 220:680] = False
    assert np.abs(completed.picture[edge].astype(int) - truth[edge]).mean() < 25
    assert not (completed.picture[mask] == 255).any()


def test_a_filling_fades_into_the_one_from_below():
    mask = np.zeros((1000, 1000), np.bool_)
    mask[200:700, 200:700] = True
    work = crop(Scene(np.full((1000, 1000, 3), 90, np.uint8), mask, mask), Steps())
    patches, value, values = next(work), 0, []
    try:
        while True:
            values.append(value)
            fills = [np.where(p.mask[..., None], np.uint8(value), p.picture) for p in patches]
            patches, value = work.send(fills), value + 60
    except StopIteration as end:
        row = end.value.picture[450, 200:700, 0].astype(int)
    assert values == [0, 60, 120]  # each on a picture of twice the size
    assert row[[0, 30, 250]].tolist() == [120, 120, 0]
    assert np.abs(np.diff(row)).max() <= 4  # in one step it would be 60


def test_fillings_of_neighbouring_crops_are_blended(mean, complete):
    picture, mask = ramp(300, 1500), np.zeros((300, 1500), np.bool_)
    mask[140:160, 100:1400] = True
    completed = complete(crop, mean, picture, mask).picture.astype(int)
    steps = np.abs(np.diff(completed[150, 140:1360], axis=0))
    assert steps.max() <= 2  # without blending, a crop's mean differs from the next one's by 13


def test_unseen_pixels_are_hidden_but_not_filled(photo):
    picture, mask = photo(800, 800), np.zeros((800, 800), np.bool_)
    hidden = mask.copy()
    mask[300:350, 300:350] = hidden[300:350, 300:350] = hidden[:, 340:] = True
    work = crop(Scene(picture, mask, hidden), Steps())
    patches = next(work)
    np.testing.assert_array_equal(patches[0].mask, hidden[197:453, 197:453])
    assert len(patches) == 1


@pytest.mark.parametrize(
    ("size", "fit"), [((64, 50), "direct"), ((65, 20), "crop"), ((200, 150), "crop")]
)
def test_networks_of_one_size_get_no_larger_patch(photo, painter, complete, size, fit):
    picture, hole = photo(*size), np.zeros(size, np.bool_)
    hole[5 : size[0] - 5, 5:15] = True
    for way in (auto, crop, resize):
        runtime = painter(1, trained_at=64, fixed=True)
        filled = complete(way, runtime, picture, hole)
        assert all(max(masks.shape[1:]) <= 64 for _, masks, _ in runtime.seen)
        if way is auto:
            assert filled.fit.startswith(fit)
    if fit != "direct":
        for way in (direct, polyphase):
            with pytest.raises(UsageError) as raised:
                complete(way, painter(1, trained_at=32, fixed=True), picture, hole)
            assert raised.value.field == "fit"


@pytest.mark.parametrize(
    ("size", "step", "fit"),
    [
        ((384, 384), 999, "direct"),
        ((288, 512), 999, "direct"),
        ((385, 384), 999, "crop"),
        ((20, 513), 999, "crop"),
        ((1, 1), 999, "direct"),
        ((450, 600), 40, "direct"),  # would take 12 crops
        ((450, 600), 300, "crop"),  # takes 4
        ((1100, 1101), 40, "crop"),  # too large for direct
    ],
)
def test_auto_goes_by_the_sizes_of_picture_and_hole(photo, painter, complete, size, step, fit):
    mask = np.zeros(size, np.bool_)
    mask[::step, ::step] = True
    completed = complete(auto, painter(), photo(*size), mask)
    assert completed.fit.startswith(fit)
    assert f": {size[1]} x {size[0]} " in completed.fit
