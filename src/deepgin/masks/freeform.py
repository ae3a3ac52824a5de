"""Free-form masks: strokes of a round brush."""

import numpy as np
from numpy.typing import NDArray

from .capsules import UNIT, Capsule, fill
from .draws import Draws, check_size

# Sine and cosine of 0.01 + 0, 1, 2, 3 radians [C], as literals: the last bits of math.sin differ
# between machines, and with them, rarely, an end point.
_SINES = (0.009999833334, 0.846831844618, 0.905090563325, 0.13121319215)
_COSINES = (0.999950000417, 0.531860721374, -0.425218852098, -0.991354173949)

# OpenCV, which draws the authors' lines, fills them half a pixel further out on either side: with
# it the coverage is theirs, without it 1.8 % of the picture less.
_WIDER = UNIT


def freeform(
    height: int, width: int, seed: int | str, *, absolute: bool = False, brush: float = 1.0
) -> NDArray[np.bool_]:
    """Return a mask of 15 to 23 missing strokes [C].

    A stroke begins at a uniform pixel and has 1 to 5 straight segments, each in one of four
    directions (their mirror images for every other stroke), 10 to 69 pixels long and 10 to 24
    wide at a size of 256. Lengths and widths scale by min(height, width) / 256, or stay those of
    256 with `absolute`. A segment begins where the last ended, even outside the picture. `brush`
    multiplies the widths and leaves the strokes' places: 1/3 gives thin ones.

    Returns:
        Bool, shape (height, width), True = missing.

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
