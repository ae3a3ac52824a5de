"""A preview of many masks at once, as one array."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_GAP = 4
_GREY = 128


def preview(masks: Sequence[NDArray[np.bool_]], longest: int = 2048) -> NDArray[np.uint8]:
    """Return a sheet of masks in rows, white = missing, grey between them.

    Args:
        masks: at least one, bool, all H x W.
        longest: masks are thinned out evenly so that neither side exceeds this many pixels.

    Returns:
        uint8, at most `longest` x `longest`.
    """
    columns = math.ceil(math.sqrt(len(masks)))
    rows = math.ceil(len(masks) / columns)
    room = (longest - _GAP) // columns - _GAP  # whole pixels for each mask
    step = math.ceil(max(masks[0].shape) / room)
    cell = masks[0][::step, ::step].shape
    pitch = (cell[0] + _GAP, cell[1] + _GAP)
    sheet = np.full((rows * pitch[0] + _GAP, columns * pitch[1] + _GAP), _GREY, np.uint8)
    for i, mask in enumerate(masks):
        top, left = (i // columns) * pitch[0] + _GAP, (i % columns) * pitch[1] + _GAP
        sheet[top : top + cell[0], left : left + cell[1]] = mask[::step, ::step] * np.uint8(255)
    return sheet
