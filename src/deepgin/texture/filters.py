"""Gaussian means of planes, over all pixels or over chosen ones."""

from collections.abc import Sequence
from concurrent.futures import Executor

import numpy as np
from scipy import ndimage  # type: ignore[import-untyped]


def blurred(plane: np.ndarray, sigma: float) -> np.ndarray:
    """Return the Gaussian mean of a plane: float32, H x W."""
    return ndimage.gaussian_filter(plane.astype(np.float32, copy=False), sigma, truncate=3.0)


def blurred_within(
    planes: Sequence[np.ndarray], where: np.ndarray, sigma: float, pool: Executor
) -> list[np.ndarray]:
    """Return the Gaussian means of planes over the pixels `where` alone: float32, H x W each."""
    weight = where.astype(np.float32)
    whole = np.maximum(blurred(weight, sigma), np.float32(1e-4))
    return [*pool.map(lambda plane: blurred(plane * weight, sigma) / whole, planes)]
