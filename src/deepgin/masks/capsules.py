"""Filling thick lines with round ends (capsules) in exact integers.

A pixel belongs to a capsule when its centre lies within half the width of the segment between the
two end pixels' centres. A capsule is convex, so it meets each row of pixels in one run; the runs
of all capsules are found together and filled by one running sum. No number here is rounded, so
the masks are the same bits on every machine.
"""

from math import isqrt

import numpy as np
from numpy.typing import NDArray

UNIT = 16
"""Widths are given in 1/16 pixel."""

Capsule = tuple[int, int, int, int, int]
"""Row and column of one end, row and column of the other (pixels), width (1/16 pixel)."""

_Ints = NDArray[np.int64]
_FAR = 1 << 40  # beyond any column, so that a run from _FAR to -_FAR is an empty one


def fill(height: int, width: int, capsules: list[Capsule]) -> NDArray[np.bool_]:
    """Return the union of at most 32,767 `capsules`: bool, shape (height, width).

    Ends may lie outside the picture; what sticks out is cut off.
    """
    # +1 where a run begins, -1 just past where it ends: the running sum counts runs per pixel.
    edges = np.zeros((height, width + 1), dtype=np.int16)
    if capsules:
        rows, low, high = _runs(np.array(capsules, dtype=np.int64), height)
        low, high = np.maximum(low, 0), np.minimum(high, width - 1)
        kept = low <= high
        np.add.at(edges, (rows[kept], low[kept]), 1)
        np.add.at(edges, (rows[kept], high[kept] + 1), -1)
    counts: NDArray[np.int16] = np.cumsum(edges, axis=1, dtype=np.int16)[:, :width]
    return counts > 0


def _runs(capsules: _Ints, height: int) -> tuple[_Ints, _Ints, _Ints]:
    """Return the row, first and last column of each capsule's run in each row of the picture."""
    row0, col0, row1, col1, wide = (capsules[:, i : i + 1] for i in range(5))
    reach = wide // (2 * UNIT)  # whole pixels the brush reaches beyond an end
    top = np.maximum(np.minimum(row0, row1) - reach, 0)
    bottom = np.minimum(np.maximum(row0, row1) + reach, height - 1)
    rows = top + np.arange(max(0, int((bottom - top).max()) + 1))
    near, far = _disc(rows - row0, wide), _disc(rows - row1, wide)
    body = _body(rows - row0, row1 - row0, col1 - col0, wide)
    low = np.minimum(np.minimum(near[0] + col0, far[0] + col1), body[0] + col0)
    high = np.maximum(np.maximum(near[1] + col0, far[1] + col1), body[1] + col0)
    return rows, low, np.where(rows <= bottom, high, -_FAR)


def _disc(down: _Ints, wide: _Ints) -> tuple[_Ints, _Ints]:
    """Return the run of a disc `wide` across, `down` rows under its centre, from its centre."""
    # d <= w / 2 for whole d * d: d * d <= w * w / 4, rounded down.
    room = wide * wide // (4 * UNIT * UNIT) - down * down
    # A correctly rounded root of a whole number below 2**52 never rounds up to the next whole one.
    half = np.sqrt(np.maximum(room, 0)).astype(np.int64)
    return np.where(room < 0, _FAR, -half), np.where(room < 0, -_FAR, half)


def _body(down: _Ints, rise: _Ints, run: _Ints, wide: _Ints) -> tuple[_Ints, _Ints]:
    """Return the run of the part between the ends, `down` rows under the first one, from it."""
    square = rise * rise + run * run
    # Distance from the line is |cross| / length, so 2 |cross| <= w * length; Python's integers
    # take the product, which would overflow 64 bits in the largest pictures.
    pairs = zip(wide.ravel().tolist(), square.ravel().tolist(), strict=True)
    limits = [isqrt(w * w * s // (4 * UNIT * UNIT)) for w, s in pairs]
    across = _span(rise, down * run, np.array(limits, dtype=np.int64)[:, None])
    # Between the ends: 0 <= along <= square, written as |2 along - square| <= square.
    along = _span(2 * run, square - 2 * down * rise, square)
    low, high = np.maximum(across[0], along[0]), np.minimum(across[1], along[1])
    empty = (low > high) | (square == 0)  # a segment of no length has ends only
    return np.where(empty, _FAR, low), np.where(empty, -_FAR, high)


def _span(factor: _Ints, middle: _Ints, limit: _Ints) -> tuple[_Ints, _Ints]:
    """Return the least and the greatest integer v with |factor * v - middle| <= limit."""
    middle = np.where(factor < 0, -middle, middle)
    factor = np.abs(factor)
    divisor = np.maximum(factor, 1)
    low, high = -((limit - middle) // divisor), (limit + middle) // divisor
    # Without a factor the bound does not depend on v: every v will do, or none.
    reach = np.where(np.abs(middle) <= limit, _FAR, -_FAR)
    return np.where(factor == 0, -reach, low), np.where(factor == 0, reach, high)
