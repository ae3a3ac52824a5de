"""Where texture may be used: where it keeps to what the guide says."""

from concurrent.futures import Executor

import numpy as np

from .filters import blurred

_NEAR = 6.0  # pixels


def trust(
    picture: np.ndarray, guide: np.ndarray, hole: np.ndarray, limit: float, pool: Executor
) -> np.ndarray:
    """Return how far the texture may be used: 1 where it keeps to the guide, towards 0 where not.

    Args:
        picture: float32, H x W x 3, with texture in the hole.
        guide: float32, H x W x 3.
        hole: bool, H x W.
        limit: grey levels by which their local means may differ.
        pool: computes channels at once.

    Returns:
        float32, H x W.
    """
    weight = hole.astype(np.float32)
    apart = (picture - guide) * weight[..., None]
    means = [*pool.map(lambda c: blurred(apart[..., c], _NEAR), range(3))]
    whole = blurred(weight, _NEAR) + np.float32(1e-3)
    distance = np.sqrt((means[0] ** 2 + means[1] ** 2 + means[2] ** 2) / 3) / whole
    return np.exp(-((distance / np.float32(limit)) ** 2))
