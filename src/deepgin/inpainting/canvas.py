"""A larger canvas: by how much a picture grows on each side."""

from typing import NamedTuple

import numpy as np
from PIL import Image

from ..errors import PictureError
from .options import Options


class Sides(NamedTuple):
    """By how many pixels a picture grows."""

    left: int
    top: int
    right: int
    bottom: int

    def around(self, mask: np.ndarray) -> np.ndarray:
        """Return a mask, bool, H x W, with the new part marked."""
        border = ((self.top, self.bottom), (self.left, self.right))
        return np.pad(mask, border, constant_values=True)


def sides_of(size: tuple[int, int], options: Options, name: str) -> Sides | None:
    """Return by how much a picture of a width and height grows; None if the options do not ask for it.

    Percentages are of its width (left and right) or height. On a canvas it stands in the middle.

    Raises:
        PictureError: it is larger than the canvas, or would have more pixels than are read.
    """
    width, height = grown_size(size, options)
    most = 2 * (Image.MAX_IMAGE_PIXELS or 0)  # what Pillow, and so `Document.open`, reads
    if options.grows and 0 < most < width * height:
        raise PictureError(
            f"{name} would become {width} x {height} pixels, more than {most / 1e6:.0f} million",
            field="canvas" if options.canvas else "extend",
            mend="add less",
        )
    if options.canvas:
        return _in_the_middle(size, options.canvas, name)
    return _sides(size, options.extend) if options.extend else None


def grown_size(size: tuple[int, int], options: Options) -> tuple[int, int]:
    """Return the width and height that a picture gets."""
    if options.canvas:
        return options.canvas
    if not options.extend:
        return size
    left, top, right, bottom = _sides(size, options.extend)
    return size[0] + left + right, size[1] + top + bottom


def _sides(size: tuple[int, int], extend: tuple[int | str, ...]) -> Sides:
    return Sides(*(_pixels(part, size[i % 2]) for i, part in enumerate(extend)))


def _pixels(part: int | str, whole: int) -> int:
    if isinstance(part, int):
        return part
    return int(float(part[:-1]) * whole / 100 + 0.5)


def _in_the_middle(size: tuple[int, int], canvas: tuple[int, int], name: str) -> Sides:
    across, down = canvas[0] - size[0], canvas[1] - size[1]
    if min(across, down) < 0:
        raise PictureError(
            f"{name} is {size[0]} x {size[1]} pixels, larger than the canvas, "
            f"{canvas[0]} x {canvas[1]}",
            field="canvas",
            mend="choose a larger {canvas}, or make the picture smaller",
        )
    return Sides(across // 2, down // 2, across - across // 2, down - down // 2)
