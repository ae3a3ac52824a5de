"""A larger canvas: by how much a picture grows on each side."""

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

from ..errors import PictureError, UsageError

if TYPE_CHECKING:
    from .options import Options

_SIDE = re.compile(r"(\d{1,6})|(\d{1,6}(?:\.\d{1,6})?)%")
_CANVAS = re.compile(r"\s*(\d{1,6})\s*[xX,]\s*(\d{1,6})\s*")
_MOST_PERCENT = 100


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


def extend_of(value: object) -> tuple[int | str, ...] | None:
    """Return four sides, each pixels or a string such as "10%", from a tuple or a string.

    Raises:
        UsageError: another value, or one that adds nothing.
    """
    if value is None or value == "":
        return None
    text = ",".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
    parts = [part.strip() for part in text.split(",")]
    mend = "use {extend=left,top,right,bottom}, each in pixels or as 10%"

    def wrong(why: str, mend: str = mend) -> UsageError:
        return UsageError(f"extend '{text}' {why}", field="extend", mend=mend)

    if any(part.startswith("-") for part in parts):
        raise wrong("is negative, and a picture only grows", "use 0 where nothing is added")
    if len(parts) != 4 or not all(map(_SIDE.fullmatch, parts)):
        raise wrong("does not work")
    if not any(float(part.rstrip("%")) for part in parts):
        raise wrong("adds nothing", "make one of its numbers larger than 0")
    if any(part.endswith("%") and float(part[:-1]) > _MOST_PERCENT for part in parts):
        raise wrong("is too much", f"use at most {_MOST_PERCENT}% a side")
    return tuple(part if part.endswith("%") else int(part) for part in parts)


def canvas_of(value: object) -> tuple[int, int] | None:
    """Return width and height, from a tuple or a string such as "1920x1080".

    Raises:
        UsageError: another value.
    """
    if value is None or value == "":
        return None
    text = "x".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
    found = _CANVAS.fullmatch(text)
    if not found or not int(found[1]) * int(found[2]):
        problem, mend = f"canvas '{text}' does not work", "use {canvas=1024x768}"
        raise UsageError(problem, field="canvas", mend=mend)
    return int(found[1]), int(found[2])


def sides_of(size: tuple[int, int], options: "Options", name: str) -> Sides | None:
    """Return by how much a picture of a width and height grows; None where nothing asks for it.

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


def grown_size(size: tuple[int, int], options: "Options") -> tuple[int, int]:
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
