"""Masks from a box, and masks of another size. Reading them is `mask`'s."""

import numpy as np
from PIL import Image

from ..errors import UsageError


def resize_mask(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Bring a mask to another size; a pixel is missing where at least half of what it covers is.

    Args:
        mask: bool, H x W.
        size: width and height.

    Returns:
        bool, of that size; nearest where it grows.
    """
    shades = Image.fromarray(mask.astype(np.uint8) * np.uint8(255))
    return np.asarray(shades.resize(size, Image.Resampling.BOX)) >= 128


def box_mask(size: tuple[int, int], box: str) -> np.ndarray:
    """Return a mask of one rectangle, cut at the picture's border.

    Args:
        size: the picture's width and height.
        box: `x,y,w,h` in pixels, from the top left corner.

    Returns:
        bool, H x W.

    Raises:
        UsageError: not four whole numbers, or nothing of it lies in the picture.
    """
    try:
        left, top, width, height = (int(number) for number in box.split(","))
    except ValueError as error:
        problem = f"the box {box} is not four whole numbers"
        raise UsageError(problem, field="box", mend="write x,y,width,height") from error
    mask = np.zeros(size[::-1], np.bool_)
    if width > 0 and height > 0:
        rows, columns = (
            slice(max(top, 0), max(top + height, 0)),
            slice(max(left, 0), max(left + width, 0)),
        )
        mask[rows, columns] = True
    if not mask.any():
        problem = f"the box {box} holds no pixel of a picture of {size[0]} x {size[1]}"
        raise UsageError(problem, field="box")
    return mask
