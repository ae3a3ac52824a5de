"""The vote: each pixel of the hole is the weighted mean of what the patches over it propose.

"Space-Time Completion of Video", Wexler, Shechtman and Irani 2004.
"""

from concurrent.futures import Executor

import numpy as np

from .search import Matches

_CHUNK = 1 << 14
_DEEPEST = 40


def nearness(depth: np.ndarray) -> np.ndarray:
    """Return how much patches count by their depth in the hole: float32, 1 outside it."""
    return (np.float32(1.3) ** -np.minimum(depth, _DEEPEST)).astype(np.float32)


def weights_of(matches: Matches, depth: np.ndarray) -> np.ndarray:
    """Return how much each patch counts: float32, N.

    Similar ones count more, and those nearer to the photograph.

    Args:
        matches: with their distances.
        depth: float32, H x W, from `pyramid.depth_of`.
    """
    near = nearness(depth.ravel()[matches.targets])
    if not matches.distances.any():
        return near
    usual = max(float(np.quantile(matches.distances, 0.75)), 1.0)
    similar = np.exp(-matches.distances / np.float32(2 * usual))
    return np.maximum(similar * near, 1e-12).astype(np.float32)


def vote(
    values: np.ndarray,
    matches: Matches,
    weights: np.ndarray,
    pixels: np.ndarray,
    radius: int,
    pool: Executor,
) -> np.ndarray:
    """Return the weighted mean of what the matches say of each pixel.

    Args:
        values: float32, H W x C, of every pixel; those within sources are used.
        matches: of the patches.
        weights: float32, N, of the patches.
        pixels: int64, M, places of the pixels.
        radius: of the patches.
        pool: computes several parts at once.

    Returns:
        float32, M x C; NaN where no patch lies over a pixel.
    """
    width = matches.shape[1]
    heavy = np.zeros(matches.shape[0] * width, np.float32)
    heavy[matches.targets] = weights
    offset = np.zeros(matches.shape[0] * width, np.int64)
    offset[matches.targets] = matches.sources - matches.targets
    # Patches keep to the level's inside, so that steps never wrap round an edge; places are
    # clipped for pixels at the border, where no patch lies and the weight is 0.
    last = len(heavy) - 1
    steps = [
        down * width + right
        for down in range(-radius, radius + 1)
        for right in range(-radius, radius + 1)
    ]

    def part(start: int) -> np.ndarray:
        mine = pixels[start : start + _CHUNK]
        total = np.zeros((len(mine), values.shape[1]), np.float32)
        whole = np.zeros(len(mine), np.float32)
        for step in steps:
            centre = np.clip(mine + step, 0, last)
            weight = heavy[centre]
            said = values[np.clip(mine + offset[centre], 0, last)]
            said *= weight[:, None]
            total += said
            whole += weight
        with np.errstate(invalid="ignore", divide="ignore"):
            return total / whole[:, None]

    parts = [*pool.map(part, range(0, len(pixels), _CHUNK))]
    return np.concatenate(parts) if parts else np.zeros((0, values.shape[1]), np.float32)
