"""Documents of arrays: the layouts that are taken, and those that are refused."""

import numpy as np
import pytest

from deepgin.errors import UsageError
from deepgin.pictures import Document
from deepgin.pictures.modes import CHANNELS


@pytest.mark.parametrize(
    ("shape", "dtype", "mode"),
    [
        ((4, 5), np.uint8, "L"),
        ((4, 5, 1), np.uint8, "L"),
        ((4, 5, 2), np.uint8, "LA"),
        ((4, 5, 3), np.uint8, "RGB"),
        ((4, 5, 4), np.uint8, "RGBA"),
        ((4, 5), np.uint16, "I;16"),
        ((4, 5, 1), np.uint16, "I;16"),
        ((4, 5, 2), np.uint16, "LA;16"),
        ((4, 5, 3), np.uint16, "RGB;16"),
        ((4, 5, 4), np.uint16, "RGBA;16"),
    ],
)
def test_arrays(shape, dtype, mode):
    document = Document.of_array(np.zeros(shape, dtype))
    assert (document.mode, document.size, document.format) == (mode, (5, 4), None)
    assert document.pixels.ndim == (2 if CHANNELS[mode] == 1 else 3)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((8, 8, 3), np.float32),
        np.zeros((8, 8, 3), np.int64),
        np.zeros((8, 8, 5), np.uint8),
        np.zeros(8, np.uint8),
        np.zeros((1, 8, 8, 3), np.uint8),
        np.zeros((0, 8, 3), np.uint8),
    ],
)
def test_arrays_of_another_kind(array):
    with pytest.raises(UsageError, match="uint8") as raised:
        Document.of_array(array)
    assert str(array.dtype) in str(raised.value)
