"""Blending: how far the colours of the fill are the texture's, and how far the guide's."""

from concurrent.futures import Executor

import numpy as np

from .filters import blurred
from .pyramid import depth_of
from .settings import Settings

_NEAR = 6.0  # pixels over which texture and guide are compared


def blended(
    picture: np.ndarray, guide: np.ndarray, hole: np.ndarray, settings: Settings, pool: Executor
) -> tuple[np.ndarray, float]:
    """Bring the low band of a texture towards the guide where the texture cannot be trusted.

    It cannot where its colours are far from the guide's, and deep in a large hole, where patches
    of few colours would stand side by side with hard edges. The high band stays the texture's.

    Args:
        picture: float32, H x W x 3, with texture in the hole; as the guide outside it.
        guide: float32, H x W x 3.
        hole: bool, H x W.
        settings: trust, band and deep are used.
        pool: computes channels at once.

    Returns:
        float32, H x W x 3, and the share of the fill whose low band is the texture's too.
    """
    apart = np.where(hole[..., None], guide - picture, np.float32(0))
    share = np.maximum(_untrusted(apart, hole, settings.trust, pool), _deep(hole, settings.deep))
    part = apart * share[..., None]
    low = np.stack([*pool.map(lambda c: blurred(part[..., c], settings.band), range(3))], -1)
    return picture + np.where(hole[..., None], low, 0), 1 - float(share[hole].mean())


def _untrusted(apart: np.ndarray, hole: np.ndarray, limit: float, pool: Executor) -> np.ndarray:
    """Return 0 where local means differ little, towards 1 where by more than `limit` levels."""
    means = [*pool.map(lambda c: blurred(apart[..., c], _NEAR), range(3))]
    whole = blurred(hole, _NEAR) + np.float32(1e-3)
    distance = np.sqrt((means[0] ** 2 + means[1] ** 2 + means[2] ** 2) / 3) / whole
    return 1 - np.exp(-((distance / np.float32(limit)) ** 2))


def _deep(hole: np.ndarray, deep: tuple[float, float]) -> np.ndarray:
    """Return 0 up to the first depth, 1 from the second on: float32, H x W."""
    x = np.clip((depth_of(hole) - deep[0]) / (deep[1] - deep[0]), 0, 1)
    return (x * x * (3 - 2 * x)).astype(np.float32)
