"""Bringing a whole picture to a square of a given size."""

import numpy as np
from PIL import Image


def centre_square(picture: Image.Image, size: int) -> np.ndarray:
    """Cut the centre square and bring it to size x size with Lanczos.

    Returns:
        uint8, size x size x 3.
    """
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    square = picture.crop((left, top, left + side, top + side))
    return np.asarray(square.resize((size, size), Image.Resampling.LANCZOS))
