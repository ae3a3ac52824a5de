"""Cellular-automaton masks of the AIM 2020 challenge: coin flips smoothed by majority votes."""

import numpy as np
from numpy.typing import NDArray

from .draws import Draws, check_size

SCALES = (1, 2, 4, 8)
"""Sides of a cell in pixels at 256."""


def cellular(height: int, width: int, seed: int | str) -> NDArray[np.bool_]:
    """Return a mask grown from fair coin flips by 2 to 6 rounds of a 3 x 3 median [C].

    It is bool, (height, width), True = missing.

    The flips fall on a grid of square cells of 1, 2, 4 or 8 pixels at a size of 256, scaled by
    min(height, width) / 256 to whole pixels, at least 1. Cells are enlarged to the nearest pixel;
    those of more than 1 pixel then grow by 1 pixel at 256, along rows and columns.

    Raises:
        UsageError: a size under 1 pixel.
    """
    check_size(height, width)
    draws = Draws("cellular", seed)
    return _grow(draws, height, width, SCALES[draws.below(len(SCALES))])


def _grow(draws: Draws, height: int, width: int, cell_at_256: int) -> NDArray[np.bool_]:
    """Make the mask for one cell size."""
    scale = min(height, width) / 256
    cell = max(1, round(cell_at_256 * scale))
    tall, wide = max(1, height // cell), max(1, width // cell)
    grid = draws.coins(tall * wide).reshape(tall, wide)
    for _ in range(draws.between(2, 6)):
        grid = _median(grid)
    columns = np.arange(width) * wide // width
    rows = np.arange(height) * tall // height
    mask = grid[:, columns][rows].view(np.bool_)
    if cell_at_256 > 1 and cell > 1:
        mask = _dilate(mask, max(1, round(scale)))
    return mask


def _median(grid: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the 3 x 3 median of zeros and ones, with zeros outside the grid."""
    beside = grid.copy()
    beside[:, 1:] += grid[:, :-1]
    beside[:, :-1] += grid[:, 1:]
    total = beside.copy()
    total[1:] += beside[:-1]
    total[:-1] += beside[1:]
    return (total >= 5).view(np.uint8)


def _dilate(mask: NDArray[np.bool_], times: int) -> NDArray[np.bool_]:
    """Return `mask` dilated `times` times by a plus of 3 x 3 pixels."""
    done = 0
    while done < times:
        # After `done` rounds everything within `done` steps is set; arms of up to half of that
        # fill the same as so many more rounds, in a few passes even for the largest pictures.
        arm = min((done + 2) // 2, times - done)
        wider = mask.copy()
        wider[arm:] |= mask[:-arm]
        wider[:-arm] |= mask[arm:]
        wider[:, arm:] |= mask[:, :-arm]
        wider[:, :-arm] |= mask[:, arm:]
        mask, done = wider, done + arm
    return mask
