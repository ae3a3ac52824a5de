"""Object-like masks: one blob with the outline of a person, a dog or a lamp."""

import math

import numpy as np
from numpy.typing import NDArray

from .draws import Draws, check_size

LEAST, MOST = 0.03, 0.10
"""Of the picture, a blob covers no less and no more."""

_PHASES = 64  # places within a cell of noise: the weights below stay whole and exact
_LEVELS = 127  # noise is drawn from -_LEVELS to _LEVELS
_ROUGH = 2.4  # amplitude of the noise against the radius: its standard deviation is about a fifth
_SAMPLES = 1 << 16  # pixels that the level is sought among
_TRIES = 6

_Field = NDArray[np.float64]


def blob(height: int, width: int, seed: int | str) -> NDArray[np.bool_]:
    """Return a mask with one missing blob: bool, (height, width), True = missing; never empty.

    The blob is where the distance from an ellipse's centre, made uneven by smooth noise, lies below
    a level. All is of whole numbers or operations that round the same way everywhere: the masks
    are the same bits on every machine. The share is drawn from 3.3 % to 9.7 %. Loose pieces are then left out and holes filled; pictures
    of at least 64 x 64 still have from 3 % to 10 %. The centre is a uniform pixel of the middle half
    of the height and of the width. What would lie outside the picture is cut off, and the blob is
    larger for it. Its size scales with the picture's. It is one piece by rows and columns.

    Raises:
        UsageError: a size under 1 pixel.
    """
    check_size(height, width)
    draws = Draws("blob", seed)
    share = draws.between(33, 97) / 1000
    rough = _ROUGH
    for left in reversed(range(_TRIES)):
        # An ellipse without noise is in one piece and has its share.
        field = _field(draws, height, width, share, rough if left else 0.0)
        mask = _largest(field <= _level(field, share))
        if not left or LEAST * mask.size <= np.count_nonzero(mask) <= MOST * mask.size:
            break
        rough *= 0.75
    return mask


def _field(draws: Draws, height: int, width: int, share: float, rough: float) -> _Field:
    """Return how far each pixel is from the blob's centre, in radii; H x W."""
    row = draws.between(height // 4, height - 1 - height // 4)
    column = draws.between(width // 4, width - 1 - width // 4)
    # A direction, from a point of a square without its middle, and how much longer than wide.
    down, right = draws.between(8, 64), draws.between(-64, 64)
    length = math.sqrt(down * down + right * right)
    stretch = draws.between(100, 150) / 100
    radius = math.sqrt(share * height * width / math.pi)
    y, x = np.arange(height)[:, None] - row, np.arange(width)[None] - column
    along = (y * down + x * right) / (length * stretch * radius)
    across = (y * right - x * down) / (length / stretch * radius)
    field: _Field = np.sqrt(along * along + across * across)
    if rough:
        for cell, strength in ((0.8 * radius, rough), (0.3 * radius, rough / 4)):
            field += _noise(draws, height, width, cell) * (strength / _SCALE)
    return field


_SCALE = float(_LEVELS * (6 * _PHASES**3) ** 2)


def _noise(draws: Draws, height: int, width: int, cell: float) -> _Field:
    """Return a cubic B-spline over a grid of draws, H x W: whole numbers from -_SCALE to _SCALE."""
    tall, wide = _weights(height, cell), _weights(width, cell)
    rows, columns = tall.shape[1], wide.shape[1]
    drawn = [draws.between(-_LEVELS, _LEVELS) for _ in range(rows * columns)]
    grid = np.array(drawn, np.float64).reshape(rows, columns)
    # Whole numbers below 2**53: every order of summing gives the same.
    return tall @ (grid @ wide.T)


def _weights(length: int, cell: float) -> _Field:
    """Return what each knot weighs at each pixel: whole numbers, `length` x knots."""
    place = (np.arange(length) * (_PHASES / max(cell, 1.0))).astype(np.int64)
    knot, phase = place // _PHASES, place % _PHASES
    c, p = _PHASES, phase
    four = (
        (c - p) ** 3,
        3 * p**3 - 6 * c * p**2 + 4 * c**3,
        -3 * p**3 + 3 * c * p**2 + 3 * c**2 * p + c**3,
        p**3,
    )
    weights = np.zeros((length, int(knot[-1]) + 4))
    for i, weight in enumerate(four):
        weights[np.arange(length), knot + i] = weight
    return weights


def _level(field: _Field, share: float) -> float:
    """Return the level below which a share of the field lies, by every n-th row and column."""
    step = max(1, math.isqrt(field.size // _SAMPLES))
    some = field[::step, ::step].ravel()
    place = min(int(share * some.size), some.size - 1)
    return float(np.partition(some, place)[place])


def _largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the largest piece of a mask that has one, with its holes filled."""
    # Here, since most kinds need no SciPy.
    from scipy import ndimage  # type: ignore[import-untyped]

    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    pieces, count = ndimage.label(mask[box])
    largest = pieces == 1
    if count > 1:
        largest = pieces == 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))
    filled = np.zeros_like(mask)
    outside, _ = ndimage.label(~np.pad(largest, 1))
    filled[box] = outside[1:-1, 1:-1] != 1  # the first label is the frame's
    return filled
