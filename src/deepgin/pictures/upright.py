"""Turning pixels upright as EXIF's orientation says. Nothing of files."""

import numpy as np


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Return stored pixels, H x W or H x W x C, as the picture is to be seen.

    Args:
        pixels: as the file stores them.
        orientation: EXIF's, 1 to 8; from 5 on, width and height change places.
    """
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    down = -1 if orientation in (3, 4, 7, 8) else 1
    across = -1 if orientation in (2, 3, 6, 7) else 1
    return pixels[::down, ::across]
