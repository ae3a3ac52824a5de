"""Parts of a hole that are filled one by one, each with its surroundings."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage  # type: ignore[import-untyped]

from ..texture import Settings
from .fits.boxes import Box, cells_of, tight

_CELL = 64  # pixels: holes nearer than this are one part
# Pixels at the size that is searched for texture: the least and the greatest, and by depth.
_MARGINS = (64, 300)
_MARGIN_BY_DEPTH = 16
_MOST_PIXELS = 24_000_000  # of a part with its surroundings


@dataclass(frozen=True)
class Part:
    """A part of a hole.

    Attributes:
        box: round the part.
        depth: greatest distance of its pixels to the nearest one that is not hidden, in pixels.
        pixels: its number of pixels.
    """

    box: Box
    depth: float
    pixels: int


def parts_of(hole: np.ndarray, hidden: np.ndarray) -> list[Part]:
    """Return the parts of a hole; their boxes do not overlap.

    Args:
        hole: bool, H x W.
        hidden: bool, H x W; includes `hole`.
    """
    return [Part(box, *_depth_and_pixels(hole, hidden, box)) for box in boxes_of_parts(hole)]


def boxes_of_parts(hole: np.ndarray) -> list[Box]:
    """Return the boxes of the parts of a hole, without measuring the parts."""
    cells = cells_of(hole, _CELL)
    count = -1
    while True:
        labels, parts = ndimage.label(cells, np.ones((3, 3)))
        slices = ndimage.find_objects(labels)
        if parts == count:
            break
        # Whole boxes are marked until none touches another: interleaved parts become one.
        for box in slices:
            cells[box] = True
        count = parts
    return [_tight(hole, rows, columns) for rows, columns in slices]


def _tight(hole: np.ndarray, rows: slice, columns: slice) -> Box:
    top, left = rows.start * _CELL, columns.start * _CELL
    box = tight(hole[top : rows.stop * _CELL, left : columns.stop * _CELL])
    assert box is not None
    return box.moved(top, left)


def _depth_and_pixels(hole: np.ndarray, hidden: np.ndarray, box: Box) -> tuple[float, int]:
    inside = hole[box.slices()]
    around = hidden[box.grown(1, hole.shape).slices()]
    if around.all():
        return float(max(around.shape)), int(inside.sum())
    return float(ndimage.distance_transform_edt(around).max()), int(inside.sum())


def surroundings(part: Part, hidden: np.ndarray, settings: Settings) -> Box:
    """Return the box of a part and of what its texture is searched in.

    Args:
        part: of the hole.
        hidden: bool, H x W.
        settings: of the texture.
    """
    whole = Box(0, 0, *hidden.shape)
    halvings = settings.halvings(part.pixels)
    margin = round(_MARGIN_BY_DEPTH * part.depth / 2**halvings)
    margin = min(max(margin, _MARGINS[0]), _MARGINS[1]) << halvings
    while margin > 1 and _area(part.box.grown(margin, hidden.shape)) > _MOST_PIXELS:
        margin //= 2
    box = part.box.grown(margin, hidden.shape)
    while box != whole and int((~hidden[box.slices()]).sum()) < part.pixels:
        wider = part.box.grown(2 * margin, hidden.shape)
        if _area(wider) > _MOST_PIXELS:
            break
        margin, box = 2 * margin, wider
    return box


def _area(box: Box) -> int:
    return box.height * box.width


def shrinking(box: Box) -> int:
    """Return how often a box is halved so that it is not too large for the memory."""
    count = 0
    while _area(box) > _MOST_PIXELS << (2 * count):
        count += 1
    return count
