"""Masks from a box, and masks of another size."""

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


def box_mask(size: tuple[int, int], box: tuple[int, int, int, int]) -> np.ndarray:
    """Return a mask of one rectangle, cut at the picture's border.

    Args:
        size: the picture's width and height.
        box: x, y, width and height in pixels, from the top left corner.

    Returns:
        bool, H x W.

    Raises:
        UsageError: no pixel of the picture lies in it.
    """
    left, top, width, height = box
    mask = np.zeros(size[::-1], np.bool_)
    if width > 0 and height > 0:
        rows, columns = (
            slice(max(top, 0), max(top + height, 0)),
            slice(max(left, 0), max(left + width, 0)),
        )
        mask[rows, columns] = True
    if not mask.any():
        raise UsageError(
            f"box {','.join(map(str, box))} holds no pixel of a picture of {size[0]} x {size[1]}",
            field="box",
        )
    return mask
