"""Free-form masks and the filling of their strokes. Pinned hashes: test_mask_sets.py."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgin.masks import coverage, freeform
from deepgin.masks.freeform import _COSINES, _SINES, UNIT, fill

ENDS = st.integers(-30, 50)
CAPSULES = st.tuples(ENDS, ENDS, ENDS, ENDS, st.integers(0, 30 * UNIT))


def by_distance(height, width, capsule):
    """Fill one capsule the slow way: the distance of every pixel from the segment."""
    row0, col0, row1, col1, wide = capsule
    rows, cols = np.mgrid[:height, :width].astype(float)
    rise, run = row1 - row0, col1 - col0
    along = ((rows - row0) * rise + (cols - col0) * run) / max(1, rise**2 + run**2)
    along = np.clip(along, 0, 1)
    distance = np.hypot(rows - row0 - along * rise, cols - col0 - along * run)
    # Half the width itself counts as inside; nothing else at these sizes comes this close to it.
    return distance <= wide / UNIT / 2 + 1e-9


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 24), st.integers(1, 24), st.lists(CAPSULES, max_size=4))
def test_capsules_match_distances(height, width, capsules):
    expected = np.zeros((height, width), bool)
    for capsule in capsules:
        expected |= by_distance(height, width, capsule)
    assert np.array_equal(fill(height, width, capsules), expected)


def test_fill_in_the_largest_pictures_does_not_overflow():
    far = 1 << 17  # far beyond 8,192 pixels and the strokes scaled to it
    strip = fill(3, 3, [(-far, -far, far, far, 2 * UNIT)])
    assert np.array_equal(strip, by_distance(3, 3, (-9, -9, 9, 9, 2 * UNIT)))


def test_directions_are_those_of_the_authors():
    angles = [0.01 + k for k in range(4)]
    assert pytest.approx([math.sin(angle) for angle in angles], abs=1e-12) == _SINES
    assert pytest.approx([math.cos(angle) for angle in angles], abs=1e-12) == _COSINES


def covered(side, count, **kwargs):
    return [100 * coverage(freeform(side, side, seed, **kwargs)) for seed in range(count)]


@pytest.mark.parametrize("side", [128, 512])
def test_coverage_does_not_depend_on_size(side):
    pairs = zip(covered(side, 60), covered(256, 60), strict=True)
    assert np.mean([a - b for a, b in pairs]) == pytest.approx(0, abs=1.0)


def test_absolute_strokes_are_those_of_256():
    assert np.array_equal(freeform(256, 256, 1), freeform(256, 256, 1, absolute=True))
    assert np.mean(covered(512, 40, absolute=True)) == pytest.approx(13.7, abs=1.5)
    assert np.mean(covered(128, 40, absolute=True)) > 60
