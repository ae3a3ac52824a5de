"""Features: their squared distance is that of patches."""

import numpy as np
import pytest

from deepgin.texture.features import guides, opponent, patches


def test_opponent_keeps_distances():
    rng = np.random.default_rng(1)
    one, other = rng.random((2, 4, 5, 3)).astype(np.float32)
    out = sum((a - b) ** 2 for a, b in zip(opponent(one), opponent(other), strict=True))
    np.testing.assert_allclose(out, ((one - other) ** 2).sum(-1), rtol=1e-5)


@pytest.mark.parametrize("radius", [2, 3, 4])
def test_patches_of_one_colour_are_as_far_as_the_colours(radius, pool):
    one, other = np.array([10, 20, 30], np.float32), np.array([50, 10, 35], np.float32)
    features = [
        np.stack(patches(opponent(np.broadcast_to(c, (11, 12, 3))), radius, pool))[:, 5, 5]
        for c in (one, other)
    ]
    assert ((features[0] - features[1]) ** 2).sum() == pytest.approx(
        ((one - other) ** 2).sum(), 1e-4
    )


def test_patches_of_smooth_pictures_are_about_as_far_as_their_pixels(pool):
    rows, columns = np.mgrid[:21, :21].astype(np.float32)
    pictures = [
        np.repeat((100 + slope * (rows - 10) + 2 * (columns - 10))[..., None], 3, 2)
        for slope in (1, 4)
    ]
    features = [np.stack(patches(opponent(p), 3, pool))[:, 10, 10] for p in pictures]
    window = (slice(7, 14), slice(7, 14))
    expected = ((pictures[0][window] - pictures[1][window]) ** 2).sum(-1).mean()
    out = ((features[0] - features[1]) ** 2).sum()
    assert expected <= out <= 1.5 * expected  # edges count more


def test_guides_compare_colour_and_slope():
    rows = np.mgrid[:20, :20][0].astype(np.float32)
    flat, ramp = np.zeros((20, 20, 3), np.float32), np.repeat(rows[..., None], 3, 2)
    out = [np.stack(guides(opponent(p), 3))[:, 10, 10] for p in (flat, ramp)]
    points = np.array([7, 10, 13])
    expected = np.mean([(p**2) * 3 for p in points])  # of 3 x 3 points, three channels
    assert ((out[0] - out[1]) ** 2).sum() == pytest.approx(expected, rel=0.02)
