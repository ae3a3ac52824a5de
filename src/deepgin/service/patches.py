"""Patches: the rectangle of a picture that fillings have changed, as a lossless picture of its own.

Who fills a picture again and again sends its file with the last patch, and gets the next patch:
nothing is encoded twice, and little is sent.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..inpainting import Result
from ..pictures import Document
from ..pictures.metadata import Metadata
from .refusals import Refusal

# A patch begins and ends at its multiples, or at the picture's edge: shown smaller, it then falls
# into the same grid as the picture below it.
_GRID = 64
# Between a hole and the patch's own edge.
_MARGIN = 16


class Box(NamedTuple):
    """A rectangle of whole pixels; right and bottom are the first outside it."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def parsed(cls, text: str) -> "Box":
        """Return the box that "x,y,width,height" means; raise a Refusal if it is none."""
        parts = text.split(",")
        if len(parts) != 4 or not all(part.isascii() and part.isdigit() for part in parts):
            problem = "patch_box must be x,y,width,height in whole pixels"
            raise Refusal(400, problem, field="patch_box")
        x, y, width, height = (int(part[:9]) for part in parts)
        return cls(x, y, x + width, y + height)

    def __str__(self) -> str:
        """Return x,y,width,height."""
        return f"{self.left},{self.top},{self.right - self.left},{self.bottom - self.top}"

    def of(self, pixels: np.ndarray) -> np.ndarray:
        """Return the part of H x W or H x W x C that lies in it."""
        return pixels[self.top : self.bottom, self.left : self.right]


def patched(document: Document, patch: Document, box: Box) -> Document:
    """Return a document with a patch's samples at their place.

    Raises:
        Refusal: the patch is of another mode or size, or lies outside.
    """
    part = box.of(document.pixels)
    inside = box.right <= document.size[0] and box.bottom <= document.size[1]
    if not inside or patch.mode != document.mode or patch.pixels.shape != part.shape:
        raise Refusal(400, "the patch does not fit the picture and patch_box: send it as it came")
    unlike = part != patch.pixels
    hole = np.zeros(document.pixels.shape[:2], np.bool_)
    box.of(hole)[:] = unlike.any(axis=2) if unlike.ndim == 3 else unlike
    # All that filling does beside the samples is done, too.
    filled = document.filled(document.rgb(), hole)
    pixels = filled.pixels.copy()
    box.of(pixels)[:] = patch.pixels
    pixels.flags.writeable = False
    return replace(filled, pixels=pixels)


def cut(document: Document, box: Box) -> Document:
    """Return what lies in a box, with what says how its colours look and nothing else."""
    metadata = document.metadata
    icc = b"" if document.mode == "CMYK" else metadata.icc  # large, and read by nobody
    colours = Metadata(icc=icc, colour_chunks=metadata.colour_chunks)
    return replace(document, pixels=box.of(document.pixels), metadata=colours, source=None)


def next_patch(result: Result, last: Box | None) -> tuple[Document, Box]:
    """Return the patch of the last one and of what was filled since, and where it lies."""
    width, height = result.document.size
    rows, columns = (np.flatnonzero(result.hole.any(axis=axis)) for axis in (1, 0))
    left, right = _widened(columns, width)
    top, bottom = _widened(rows, height)
    box = Box(left, top, right, bottom)
    if last:
        least, most = map(min, box[:2], last[:2]), map(max, box[2:], last[2:])
        box = Box(*least, *most)
    return cut(result.document, box), box


def _widened(indices: np.ndarray, side: int) -> tuple[int, int]:
    """Return the first and the last grid line round indices on an axis."""
    first, last = (int(indices[0]), int(indices[-1])) if indices.size else (0, 0)
    return max(0, first - _MARGIN) // _GRID * _GRID, min(
        side, -(-(last + 1 + _MARGIN) // _GRID) * _GRID
    )
