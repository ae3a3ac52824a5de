"""Mean absolute error of 8-bit pictures inside the hole."""

import numpy as np

from ..errors import UsageError


def l1_hole(picture: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
    """Return the mean of |picture - truth| / 255 over the hole's pixels and all channels.

    It lies in [0, 1]; times 255 it is in grey levels. The paper's "L1 %" is not this: it is not
    defined there.

    Args:
        picture, truth: uint8, H x W x 3.
        mask: H x W, true or not 0 where missing; without any, the result is 0.

    Raises:
        UsageError: the shapes do not go together.
    """
    if picture.shape != truth.shape or mask.shape != truth.shape[:2]:
        raise UsageError(
            f"L1 compares one shape: {picture.shape}, {truth.shape} and a mask of {mask.shape}"
        )
    hole = mask.astype(bool)
    if not hole.any():
        return 0.0
    return float(np.abs(picture[hole].astype(np.float64) - truth[hole]).mean() / 255)
