"""Detail: from the finest level that was searched to full size, by the same matches.

A level twice as large is the enlarged one below plus what the matches' own enlargement lacks: the
high band of the Laplacian pyramid (Burt and Adelson 1983), voted as colours are.
"""

from concurrent.futures import Executor

import numpy as np

from . import search
from .pyramid import Level, depth_of, doubled
from .search import Matches
from .vote import nearness, vote


def enlarge(
    picture: np.ndarray,
    below: Level,
    level: Level,
    matches: Matches,
    weights: np.ndarray,
    share: np.ndarray,
    radius: int,
    pool: Executor,
) -> tuple[np.ndarray, Matches, np.ndarray, np.ndarray]:
    """Bring a filled level to twice its size.

    Args:
        picture: float32, H x W x 3, the filled level below.
        below: that level as it was given.
        level: the larger level.
        matches: of the level below.
        weights: float32, N, of its patches.
        share: float32, H x W, how far the fill is texture, at the level below.
        radius: of the patches.
        pool: computes several parts at once.

    Returns:
        The filled level, its matches, their weights, and the share at its size.
    """
    targets, sources = search.targets_and_sources(level.hole, level.valid, radius)
    found = search.doubled(matches, targets, sources)
    width = targets.shape[1]
    heavy = np.zeros(below.hole.size, np.float32)
    heavy[matches.targets] = weights
    rows, columns = np.divmod(found.targets, width)
    known = heavy[rows // 2 * below.hole.shape[1] + columns // 2]
    near = nearness(depth_of(level.hole).ravel()[found.targets])
    found_weights = np.maximum(known * near, np.float32(1e-12))
    high = level.picture - doubled(below.picture)
    pixels = np.flatnonzero(level.hole)
    said = vote(high.reshape(-1, 3), found, found_weights, pixels, radius, pool)
    said = np.nan_to_num(said, copy=False)
    share = doubled(share[..., None])[..., 0]
    said *= share.ravel()[pixels, None]
    filled = level.picture.copy()
    filled.reshape(-1, 3)[pixels] = doubled(picture).reshape(-1, 3)[pixels] + said
    return filled, found, found_weights, share
