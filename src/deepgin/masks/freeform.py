"""Free-form masks: strokes of a round brush, filled in exact integers."""

from math import isqrt

import numpy as np
from numpy.typing import NDArray

from .draws import Draws, check_size

UNIT = 16
"""Widths are in 1/16 pixel."""

# Sine and cosine of 0.01 + 0, 1, 2, 3 radians [C], as literals: the last bits of math.sin differ
# between machines, and with them, rarely, an end point.
_SINES = (0.009999833334, 0.846831844618, 0.905090563325, 0.13121319215)
_COSINES = (0.999950000417, 0.531860721374, -0.425218852098, -0.991354173949)

# OpenCV, which draws the authors' lines, fills them half a pixel further out on either side: with
# it the coverage is theirs, without it 1.8 % of the picture less.
_WIDER = UNIT

Capsule = tuple[int, int, int, int, int]
"""A thick line with round ends: row and column of one, of the other (pixels), width (1/16)."""

_Ints = NDArray[np.int64]
_FAR = 1 << 40  # beyond any column, so that a run from _FAR to -_FAR is an empty one


def freeform(
    height: int, width: int, seed: int | str, *, absolute: bool = False, brush: float = 1.0
) -> NDArray[np.bool_]:
    """Return a mask of 15 to 23 missing strokes [C]: bool, (height, width), True = missing.

    A stroke begins at a uniform pixel and has 1 to 5 straight segments, each in one of four
    directions (their mirror images for every other stroke), 10 to 69 pixels long and 10 to 24
    wide at a size of 256. Lengths and widths scale by min(height, width) / 256, or stay those of
    256 with `absolute`. A segment begins where the last ended, even outside the picture. `brush`
    multiplies the widths and leaves the strokes' places: 1/3 gives thin ones.

    Raises:
        UsageError: a size under 1 pixel.
    """
    check_size(height, width)
    draws = Draws("freeform", seed)
    scale = 1.0 if absolute else min(height, width) / 256
    capsules: list[Capsule] = []
    for stroke in range(draws.between(15, 23)):
        row, column = draws.below(height), draws.below(width)
        for _ in range(draws.between(1, 5)):
            segment = _segment(draws, row, column, stroke % 2 == 0, scale, brush)
            capsules.append(segment)
            row, column = segment[2:4]
    return fill(height, width, capsules)


def _segment(
    draws: Draws, row: int, column: int, mirrored: bool, scale: float, brush: float
) -> Capsule:
    """Draw the segment that begins at `row`, `column`; `mirrored` takes 2 pi minus the angle."""
    direction = draws.below(4)
    length = draws.between(10, 69) * scale
    wide = int((draws.between(10, 24) * UNIT * brush + _WIDER) * scale + 0.5)
    sine = -_SINES[direction] if mirrored else _SINES[direction]
    # int() cuts towards zero, also left of and above the picture [C].
    end_row, end_column = int(row + length * sine), int(column + length * _COSINES[direction])
    return row, column, end_row, end_column, wide


def fill(height: int, width: int, capsules: list[Capsule]) -> NDArray[np.bool_]:
    """Return the union of at most 32,767 `capsules`, cut at the border: bool, (height, width).

    A pixel belongs to a capsule when its centre lies within half the width of the segment between
    the two end pixels' centres. A capsule is convex, so it meets each row of pixels in one run. All
    is in exact integers, so the masks are the same bits on every machine.
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
    """Return row, first and last column of each capsule's run in each row: capsules x rows.

    Empty runs have first > last.
    """
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
    """Return the run of the part between the ends, `down` rows under the first one, from it.

    The second lies `rise` rows and `run` columns further.
    """
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
