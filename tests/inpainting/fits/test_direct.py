"""The direct fit: the picture at its own size, mirrored at its right and lower edges."""

import numpy as np
import pytest

from deepgin.errors import UsageError
from deepgin.inpainting.fits import Direct, complete


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
def test_mirrors_to_multiples_of_sixteen(photo, painter, size, padded):
    picture = photo(*size)
    mask = photo(*size, seed=1)[..., 0] > 128
    runtime = painter()
    completed = complete(Direct(), runtime, picture, mask)
    assert completed.fit == "direct"
    assert (completed.picture[mask] == runtime.COLOUR).all()
    assert completed.picture.shape == picture.shape
    [(pictures, masks, _)] = runtime.seen
    np.testing.assert_array_equal(pictures, mirrored(picture, *padded)[None])
    np.testing.assert_array_equal(masks, mirrored(mask, *padded)[None])


def test_refuses_what_would_take_hours(painter):
    picture, mask = np.zeros((1100, 1101, 3), np.uint8), np.eye(1100, 1101, dtype=np.bool_)
    with pytest.raises(UsageError, match="1101 x 1100"):
        complete(Direct(), painter(), picture, mask)
    complete(Direct(), painter(), picture[:, 1:], mask[:, 1:])
