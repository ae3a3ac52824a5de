"""Peak signal-to-noise ratio of 8-bit pictures."""

import math

import numpy as np

from ..errors import UsageError


def psnr(picture: np.ndarray, truth: np.ndarray) -> float:
    """Return 10 log10(255^2 / mean squared error) over all pixels and channels, in dB.

        >>> black, grey = np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 51, np.uint8)
        >>> round(psnr(grey, black), 4)  # 10 log10(5^2)
        13.9794

    Args:
        picture, truth: uint8 arrays of one shape; equal ones give infinity.

    Raises:
        UsageError: the shapes differ.
    """
    if picture.shape != truth.shape:
        raise UsageError(f"PSNR compares one shape: {picture.shape} is not {truth.shape}")
    error = np.mean((picture.astype(np.float64) - truth.astype(np.float64)) ** 2)
    return math.inf if error == 0 else float(10 * math.log10(255**2 / error))
