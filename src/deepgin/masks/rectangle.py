"""Rectangular masks: one missing rectangle somewhere in the picture."""

import math

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from .draws import Draws, check_size


def rectangle(
    height: int, width: int, seed: int | str, *, rate: float | None = None
) -> NDArray[np.bool_]:
    """Return a mask with one missing rectangle: bool, (height, width), True = missing.

    Without `rate` the rectangle's height and width are uniform integers from 0.3 to 0.7 of the
    mask's height and width, each drawn on its own, and its place is uniform [C]. With `rate`,
    a share of the picture in (0, 1), the sides are sqrt(rate) of the mask's, rounded, and only
    the place is drawn. A side is never under 1 pixel.

    Raises:
        UsageError: a size under 1 pixel, or a rate outside (0, 1).
    """
    check_size(height, width)
    if rate is not None and not 0.0 < rate < 1.0:
        raise UsageError(f"the rate of a rectangle must lie between 0 and 1, not {rate}")
    draws = Draws("rectangle", seed)
    tall, wide = _side(draws, height, rate), _side(draws, width, rate)
    top, left = draws.between(0, height - tall), draws.between(0, width - wide)
    mask = np.zeros((height, width), dtype=np.bool_)
    mask[top : top + tall, left : left + wide] = True
    return mask


def _side(draws: Draws, length: int, rate: float | None) -> int:
    if rate is not None:
        return max(1, int(math.sqrt(rate) * length + 0.5))
    # In integers, because 0.7 * 10 may fall on either side of 7. At 256: from 76 to 179 [C].
    return max(1, draws.between(length * 3 // 10, length * 7 // 10))
