"""Absolute errors of 8-bit pictures.

The paper does not define its "L1 %", and no reading of it fits its PSNR; none of these is that
column. All functions take `picture` and `truth` (uint8, H x W x 3) and `mask` (H x W, nonzero where
missing), and raise UsageError if the shapes do not match.

    >>> truth = np.full((2, 2, 3), 100, np.uint8)
    >>> picture = truth.copy()
    >>> picture[0, 0] = 151  # 51 grey levels away, a fifth of 255
    >>> mask = np.array([[True, True], [False, False]])
    >>> l1(picture, truth, mask), l1_hole(picture, truth, mask)
    (0.05, 0.1)
    >>> l1_relative(picture, truth, mask), l1_relative_hole(picture, truth, mask)
    (0.1275, 0.255)
"""

import math

import numpy as np

from ..errors import UsageError


def l1(picture: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
    """Return the mean of |picture - truth| / 255 over all pixels and channels, in [0, 1].

    The mask is not used.
    """
    error, _ = _sums(picture, truth, mask)
    return error / (255 * truth.size) if truth.size else 0.0


def l1_hole(picture: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
    """Return the mean of |picture - truth| / 255 over the hole's pixels and channels, in [0, 1].

    255 times this is in grey levels. Without a hole it is 0.
    """
    hole = mask.astype(bool)
    error, _ = _sums(picture, truth, mask, hole)
    samples = truth[hole].size
    return error / (255 * samples) if samples else 0.0


def l1_relative(picture: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
    """Return sum |picture - truth| / sum truth, over the whole picture.

    It is 0 at equality and has no upper bound. If the truth is all black it is 0 for a black
    picture, else infinity. The mask is not used.
    """
    return _ratio(*_sums(picture, truth, mask))


def l1_relative_hole(picture: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
    """Return `l1_relative` over the pixels of the hole; 0 without a hole."""
    return _ratio(*_sums(picture, truth, mask, mask.astype(bool)))


def _sums(
    picture: np.ndarray, truth: np.ndarray, mask: np.ndarray, where: np.ndarray | None = None
) -> tuple[float, float]:
    """Return the sums of |picture - truth| and of the truth, of all or of some pixels."""
    if picture.shape != truth.shape or mask.shape != truth.shape[:2]:
        raise UsageError(
            f"L1 compares one shape: {picture.shape}, {truth.shape} and a mask of {mask.shape}"
        )
    ours, theirs = (picture, truth) if where is None else (picture[where], truth[where])
    # 16 bits hold every difference; the sums are exact integers.
    error = np.abs(ours.astype(np.int16) - theirs.astype(np.int16))
    return float(error.sum(dtype=np.int64)), float(theirs.sum(dtype=np.int64))


def _ratio(error: float, whole: float) -> float:
    if whole == 0:
        return math.inf if error else 0.0
    return error / whole
