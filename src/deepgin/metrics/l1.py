"""Absolute errors of 8-bit pictures, under exact names. The paper's "L1 %" is none of them.

What that column is, the paper does not say, and no reading of it fits its PSNR. All functions take
`picture` and `truth` (uint8, H x W x 3) and `mask` (H x W, true or not 0 where missing), and raise
UsageError where these shapes do not go together.
"""

import math

import numpy as np

from ..errors import UsageError


def l1(picture: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
    """Return the mean of |picture - truth| / 255 over all pixels and channels, in [0, 1].

    The mask is not looked at.
    """
    error, _ = _sums(picture, truth, mask)
    return error / (255 * truth.size) if truth.size else 0.0


def l1_hole(picture: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
    """Return the mean of |picture - truth| / 255 over the hole's pixels and channels, in [0, 1].

    Times 255 it is in grey levels. Without a hole it is 0.
    """
    hole = mask.astype(bool)
    error, _ = _sums(picture, truth, mask, hole)
    samples = truth[hole].size
    return error / (255 * samples) if samples else 0.0


def l1_relative(picture: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
    """Return the sum of |picture - truth| over that of the truth, both over the whole picture.

    0 at equality, no upper end. Where the truth is black throughout there is nothing to divide by:
    0 if the picture is black too, else infinity. The mask is not looked at.
    """
    return _ratio(*_sums(picture, truth, mask))


def l1_relative_hole(picture: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
    """Return what `l1_relative` is, over the hole's pixels alone; without a hole 0."""
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
