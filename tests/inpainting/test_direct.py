"""The direct fit: the picture at its own size, mirrored at its right and lower edges."""

import numpy as np
import pytest

from deepgin.inpainting import Direct


class Recorder:
    """A runtime that keeps what it is given and returns the pictures' own pixels plus one."""

    size_multiple = 16

    def fill(self, pictures, masks):
        self.pictures, self.masks = pictures, masks
        return pictures + np.uint8(1)


def mirrored(array, height, width):
    """Extend by mirroring as often as it takes, written pixel by pixel."""

    def source(i, length):
        i %= 2 * length
        return i if i < length else 2 * length - 1 - i

    rows = [source(i, array.shape[0]) for i in range(height)]
    columns = [source(i, array.shape[1]) for i in range(width)]
    return array[rows][:, columns]


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
def test_mirrors_to_multiples_of_sixteen(photo, size, padded):
    picture = photo(*size) // 2
    mask = photo(*size, seed=1)[..., 0] > 128
    runtime = Recorder()
    completed = Direct().complete(runtime, picture, mask)
    np.testing.assert_array_equal(completed, picture + 1)
    np.testing.assert_array_equal(runtime.pictures, mirrored(picture, *padded)[None])
    np.testing.assert_array_equal(runtime.masks, mirrored(mask, *padded)[None])
    assert runtime.masks.dtype == np.bool_
