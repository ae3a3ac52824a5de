"""The distances through VGG in the hole, over features that can be followed by hand."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from deepgin.errors import UsageError, WeightsError
from deepgin.metrics.vgg import (
    LAYERS,
    HoleFeatures,
    load_hole_features,
    style_distance,
    vgg_distance,
    window,
)
from deepgin.perceptual import VGG19, Vgg

DISTANCES = (vgg_distance, style_distance)


def layer(*places):
    """Features of 1 x n places."""
    return torch.tensor(places).T.unsqueeze(1)


def row(*shares):
    return torch.tensor([shares])


@pytest.fixture(scope="module")
def network():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Vgg(VGG19[:5], width=4)


class Counted:
    """A network that counts how often it is asked."""

    def __init__(self, network):
        self.network, self.times = network, 0

    def __call__(self, x, names):
        self.times += 1
        return self.network(x, names)


def noise(seed, height=60, width=70):
    shape = (height, width, 3)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def box(top, left, bottom, right, height=60, width=70):
    result = np.zeros((height, width), bool)
    result[top:bottom, left:right] = True
    return result


def test_vgg_by_hand():
    picture = [layer((3.0, 4.0), (9.0, 9.0), (1.0, 0.0)), layer((2.0,))]
    truth = [layer((4.0, 3.0), (0.0, 1.0), (0.0, 2.0)), layer((1.0,))]
    holes = [row(1.0, 0.0, 0.5), row(1.0)]
    # One: 2 * 0.2^2 in the first place, 2 in the last; the second place is not in the hole.
    # Two: of one length.
    expected = (0.08 + 0.5 * 2) / 1.5 / 2
    assert vgg_distance(picture, truth, holes) == pytest.approx(expected, rel=1e-4)


def test_style_by_hand():
    picture = [layer((1.0, 2.0), (9.0, 9.0)), layer((2.0,), (4.0,))]
    truth = [layer((2.0, 1.0), (5.0, 7.0)), layer((3.0,), (1.0,))]
    holes = [row(0.5, 0.0), row(1.0, 0.5)]
    # One: (1 2; 2 4) less (4 2; 2 1) over the latter. Two: (4 + 8) / 1.5 and (9 + 0.5) / 1.5.
    expected = (math.sqrt(18) / 5 + 2.5 / 9.5) / 2
    assert style_distance(picture, truth, holes) == pytest.approx(expected)


def test_a_truth_without_features():
    nothing, something = [layer((0.0,))], [layer((1.0,))]
    assert style_distance(nothing, nothing, [row(1.0)]) == 0
    assert style_distance(something, nothing, [row(1.0)]) == math.inf
    assert vgg_distance(something, nothing, [row(1.0)]) == pytest.approx(1, rel=1e-4)


@pytest.mark.parametrize("distance", DISTANCES)
def test_what_cannot_be_compared_is_refused(distance):
    one, two = [layer((1.0,))], [layer((1.0,), (2.0,))]
    for wrong in [
        (one, two, [row(1.0)]),
        (one, one, [row(1.0, 1.0)]),
        (one, one, []),
        ([], [], []),
        (one, one, [row(0.0)]),
    ]:
        with pytest.raises(UsageError):
            distance(*wrong)


@pytest.mark.parametrize("distance", DISTANCES)
def test_only_the_hole_and_what_its_places_see_matters(network, distance):
    features, hole = HoleFeatures(network), box(20, 30, 40, 46)
    assert distance(*features(noise(0), noise(0), hole)) == 0
    usual = distance(*features(noise(0), noise(1), hole))
    # Layers see up to 13 pixels: 2 of conv1, 4 of conv2, 4 of conv3, 3 of the maxima.
    seen = box(20 - 14, 30 - 14, 40 + 14, 46 + 14)
    far = np.where(seen[..., None], noise(0), 0), np.where(seen[..., None], noise(1), 255)
    assert distance(*features(*far, hole)) == pytest.approx(usual, rel=1e-5)
    inside = np.where(box(30, 38, 31, 39)[..., None], 255 - noise(0), noise(0))
    assert distance(*features(inside, noise(1), hole)) != pytest.approx(usual, rel=1e-5)


def test_features_are_those_of_the_window_after_their_relu(network):
    hole = box(30, 40, 37, 44)
    with torch.autocast("cpu", torch.bfloat16):  # which changes nothing
        result = HoleFeatures(network)(noise(0), noise(1), hole)
    part = torch.from_numpy(noise(1)[4:60, 16:68]).permute(2, 0, 1)[None] / 255
    expected = network(part, LAYERS)
    for name, theirs in zip(LAYERS, result.truth, strict=True):
        torch.testing.assert_close(theirs, expected[name][0].relu())
        assert theirs.min() == 0
    assert torch.equal(result.holes[0], torch.from_numpy(hole[4:60, 16:68]).float())
    # Rows 30 to 36 are 26 to 32 of the window: of its cells of 4 pixels 6.5 to 8.25.
    assert result.holes[2][:, 6].tolist() == [0.0] * 6 + [0.5, 1.0, 0.25] + [0.0] * 5


def test_the_last_arrays_are_kept_and_no_others(network):
    counted = Counted(network)
    features, hole, truth = HoleFeatures(counted), box(20, 30, 40, 46), noise(0)
    first, second = noise(1), noise(2)
    for picture, times in ((first, 2), (first, 2), (second, 3), (first, 4)):
        result = features(picture, truth, hole)
        assert counted.times == times
        fresh = HoleFeatures(network)(picture.copy(), truth.copy(), hole)
        assert all(torch.equal(a, b) for a, b in zip(result.picture, fresh.picture, strict=True))
        assert all(torch.equal(a, b) for a, b in zip(result.truth, fresh.truth, strict=True))
    # Equal arrays that are others are computed anew; so is another hole.
    features(first, truth.copy(), hole)
    assert counted.times == 5
    features(first, truth, box(0, 0, 9, 9))
    assert counted.times == 7


@pytest.mark.parametrize(
    "hole",
    [
        box(0, 0, 0, 0),
        box(0, 0, 3, 3, 3, 70),
        box(0, 0, 60, 3, 60, 3),
        # Two parts: the window lies about the median, between them.
        box(0, 0, 9, 9, 500, 500) | box(491, 491, 500, 500, 500, 500),
    ],
    ids=["none", "low", "narrow", "far"],
)
def test_what_has_no_features(network, hole):
    assert HoleFeatures(network)(noise(0, *hole.shape), noise(1, *hole.shape), hole) is None


def test_pictures_of_other_shapes_are_refused(network):
    with pytest.raises(UsageError):
        HoleFeatures(network)(noise(0), noise(0)[:-1], box(0, 0, 9, 9))


@pytest.mark.parametrize(
    ("hole", "rows", "columns"),
    [
        (box(30, 41, 32, 43), (4, 56), (16, 67)),
        (box(0, 60, 60, 70), (0, 60), (36, 70)),
        # 336 pixels and twice the margin are 384; one more is too long.
        (box(100, 100, 436, 437, 900, 900), (76, 460), (76, 460)),
        # Mostly above: about the median, row 109, but no further up than the margin.
        (box(100, 0, 120, 99, 900, 99) | box(700, 0, 701, 1, 900, 99), (76, 460), (0, 99)),
        # Mostly below: no further down than the picture.
        (box(100, 0, 101, 1, 900, 99) | box(880, 0, 900, 99, 900, 99), (516, 900), (0, 99)),
        (box(0, 0, 1200, 4, 1200, 4), (404, 788), (0, 4)),
    ],
)
def test_windows(hole, rows, columns):
    assert window(hole) == (slice(*rows), slice(*columns))


@settings(max_examples=30)
@given(st.data())
def test_windows_are_in_the_picture_and_not_too_long(data):
    height, width = data.draw(st.integers(1, 900)), data.draw(st.integers(1, 900))
    hole = np.zeros((height, width), bool)
    for _ in range(data.draw(st.integers(1, 4))):
        hole[data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))] = True
    for axis, part in enumerate(window(hole)):
        assert 0 <= part.start < part.stop <= hole.shape[axis]
        assert part.start % 4 == 0 and part.stop - part.start <= 384
        places = np.nonzero(hole)[axis]
        assert part.start <= np.median(places) <= part.stop - 1 or len(places) % 2 == 0


def test_weights_that_do_not_do_are_refused(tmp_path):
    with pytest.raises(WeightsError):
        load_hole_features(tmp_path / "vgg.safetensors")
    state = {"input.weight": torch.zeros(3, 3, 1, 1), "input.bias": torch.zeros(3)}
    state |= {"conv1_1.weight": torch.zeros(64, 3, 3, 3), "conv1_1.bias": torch.zeros(64)}
    save_file(state, tmp_path / "short.safetensors")
    with pytest.raises(WeightsError, match="conv3_1"):
        load_hole_features(tmp_path / "short.safetensors")
