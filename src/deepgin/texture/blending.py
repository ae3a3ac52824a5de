"""Blending: which share of the fill is texture, and which the guide."""

from concurrent.futures import Executor

import numpy as np

from .filters import blurred

_NEAR = 6.0  # pixels over which texture and guide are compared


def trust(
    picture: np.ndarray, guide: np.ndarray, hole: np.ndarray, limit: float, pool: Executor
) -> np.ndarray:
    """Return how far a texture may be used: 1 where it keeps to the guide, towards 0 where not.

    Both are faded, not their colours alone: the fine band of a texture without its colours leaves
    scratches where the texture has an edge and the guide has none.

    Args:
        picture: float32, H x W x 3, with texture in the hole.
        guide: float32, H x W x 3.
        hole: bool, H x W.
        limit: grey levels by which their local means may differ.
        pool: computes channels at once.

    Returns:
        float32, H x W.
    """
    apart = np.where(hole[..., None], picture - guide, np.float32(0))
    means = [*pool.map(lambda c: blurred(apart[..., c], _NEAR), range(3))]
    whole = blurred(hole, _NEAR) + np.float32(1e-3)
    distance = np.sqrt((means[0] ** 2 + means[1] ** 2 + means[2] ** 2) / 3) / whole
    return np.exp(-((distance / np.float32(limit)) ** 2))
