"""Polyphase: dividing and interleaving against plain indexing, and which phases are made."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgin.inpainting.fits import Polyphase, complete
from deepgin.inpainting.fits.polyphase import divide, interleave, phases


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
def test_the_shorter_side_is_about_what_the_network_knows(size, s):
    assert phases(*size, 256) == s


def test_only_phases_with_holes_are_filled_and_any_size_fits(photo, painter):
    picture, mask = photo(523, 600), np.zeros((523, 600), np.bool_)
    mask[522, :580:2] = True  # phase 0, and, mirrored below the edge, phase 2
    runtime = painter()
    found = complete(Polyphase(), runtime, picture, mask)
    assert found.fit == "polyphase (2 x 2 phases of 304 x 272)"
    assert len(runtime.seen) == 2
    np.testing.assert_array_equal(runtime.seen[0][0][0][:262, :300], picture[::2, ::2])
    assert found.picture.shape == picture.shape
    assert (found.picture[mask] == runtime.COLOUR).all()
