"""Boxes round groups of holes, and views round boxes."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy import ndimage  # type: ignore[import-untyped]

# Pixels: holes are grouped on a grid so coarse, which takes a fraction of the memory.
_CELL = 8
_PART_CELL = 64


class Box(NamedTuple):
    """Rows `top` to `bottom` and columns `left` to `right`, the last ones not included."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left

    def slices(self) -> tuple[slice, slice]:
        """Return what an array is indexed with to cut the box."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def moved(self, down: int, right: int) -> "Box":
        """Return the box moved."""
        return Box(self.top + down, self.left + right, self.bottom + down, self.right + right)

    def grown(self, by: int, shape: tuple[int, ...]) -> "Box":
        """Return the box grown on all sides as far as a picture of `shape` goes."""
        return Box(self.top - by, self.left - by, self.bottom + by, self.right + by).within(
            Box(0, 0, shape[0], shape[1])
        )

    def within(self, other: "Box") -> "Box":
        """Return what two boxes have in common."""
        return Box(*map(max, self[:2], other[:2]), *map(min, self[2:], other[2:]))


def boxes_of(hole: np.ndarray, most: int) -> list[Box]:
    """Return boxes that hold the whole hole, none with a side above `most` pixels.

    Holes that nearly touch are one group; a group is one box, or several side by side where it is
    larger than `most`; boxes that together are no larger than `most` become one.
    """
    cells = _cells_of(hole, _CELL)
    labels, _ = ndimage.label(ndimage.binary_dilation(cells, np.ones((3, 3))), np.ones((3, 3)))
    boxes = []
    for number, slices in enumerate(ndimage.find_objects(labels), start=1):
        mine = cells[slices] & (labels[slices] == number)
        top, left = (s.start * _CELL for s in slices)
        group = np.repeat(np.repeat(mine, _CELL, 0), _CELL, 1)
        part = hole[top : top + group.shape[0], left : left + group.shape[1]]
        tiles = _tiles(part & group[: part.shape[0], : part.shape[1]], most)
        boxes += [box.moved(top, left) for box in tiles]
    return _merged(boxes, most)


def boxes_of_parts(hole: np.ndarray) -> list[Box]:
    """Return the boxes round the parts of a hole, which lie apart; no box overlaps another."""
    cells, count = _cells_of(hole, _PART_CELL), -1
    while True:
        labels, parts = ndimage.label(cells, np.ones((3, 3)))
        slices = ndimage.find_objects(labels)
        if parts == count:
            break
        # Whole boxes are marked until none touches another: interleaved parts become one.
        for box in slices:
            cells[box] = True
        count = parts
    wide = (
        Box(*(_PART_CELL * i for i in (rows.start, columns.start, rows.stop, columns.stop)))
        for rows, columns in slices
    )
    return [box for one in wide if (box := _tight(hole, one))]


def _cells_of(hole: np.ndarray, side: int) -> np.ndarray:
    """Return which cells of a grid, `side` pixels wide, hold any of the hole: bool."""
    height, width = hole.shape
    rows = np.logical_or.reduceat(hole, np.arange(0, height, side), axis=0)
    return np.logical_or.reduceat(rows, np.arange(0, width, side), axis=1)


def _tight(hole: np.ndarray, within: Box) -> Box | None:
    """Return the smallest box round what a box has of the hole, or None if it has none."""
    part = hole[within.slices()]
    rows, columns = (np.flatnonzero(part.any(axis)) for axis in (1, 0))
    if not rows.size:
        return None
    box = Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
    return box.moved(within.top, within.left)


def _tiles(hole: np.ndarray, most: int) -> list[Box]:
    """Cut the box round a hole into as few equal tiles as `most` allows, each drawn tight."""
    whole = _tight(hole, Box(0, 0, *hole.shape))
    if whole is None:
        return []
    rows = pairwise(_cuts(whole.top, whole.bottom, most))
    columns = [*pairwise(_cuts(whole.left, whole.right, most))]
    tiles = (Box(top, left, bottom, right) for top, bottom in rows for left, right in columns)
    return [box for tile in tiles if (box := _tight(hole, tile))]


def _cuts(start: int, end: int, most: int) -> list[int]:
    parts = -(-(end - start) // most)
    return [start + (end - start) * i // parts for i in range(parts + 1)]


def _merged(boxes: list[Box], most: int) -> list[Box]:
    """Join boxes in reading order as long as they fit into `most`."""
    all_ = np.array(sorted(boxes, key=lambda box: box[:2]), np.int64).reshape(-1, 4)
    free = np.ones(len(all_), np.bool_)
    merged = []
    for i, box in enumerate(all_):
        if not free[i]:
            continue
        # Only what begins less than `most` further down can fit: sorted, that is a short stretch.
        end = int(np.searchsorted(all_[:, 0], box[0] + most))
        near, taken = all_[i + 1 : end], ~free[i + 1 : end]
        low, high = box[:2], box[2:]
        while True:
            lows, highs = np.minimum(low, near[:, :2]), np.maximum(high, near[:, 2:])
            fits = np.flatnonzero(~taken & ((highs - lows) <= most).all(1))
            if not fits.size:
                break
            taken[fits[0]] = True
            low, high = lows[fits[0]], highs[fits[0]]
        free[i + 1 : end] = ~taken
        merged.append(Box(*map(int, (*low, *high))))
    return merged


def view_of(box: Box, shape: tuple[int, ...], side: int) -> Box:
    """Return a box of `side` x `side` round another, moved to lie within a picture of `shape`."""
    top, bottom = _span(box.top, box.bottom, shape[0], side)
    left, right = _span(box.left, box.right, shape[1], side)
    return Box(top, left, bottom, right)


def _span(low: int, high: int, length: int, side: int) -> tuple[int, int]:
    if length <= side:
        return 0, length
    start = min(max(0, (low + high - side) // 2), length - side)
    return start, start + side
