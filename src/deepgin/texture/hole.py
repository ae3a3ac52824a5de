"""Texture for one hole: arrays in, arrays out."""

from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage  # type: ignore[import-untyped]

from .blending import trust
from .core import synthesise
from .detail import enlarge
from .pyramid import Level, halved, padded
from .settings import Settings, enlarging


@dataclass(frozen=True)
class Textured:
    """A hole with texture.

    Attributes:
        picture: uint8, H x W x 3, filled; as given outside the hole.
        share: how much of the fill is texture, 0 to 1; the rest is the guide's. 0 where no patch
            of the photograph is valid.
    """

    picture: np.ndarray
    share: float


def fill(
    picture: np.ndarray,
    hole: np.ndarray,
    hidden: np.ndarray,
    guide: np.ndarray,
    settings: Settings | None = None,
    check: Callable[[int], None] = lambda _: None,
) -> Textured:
    """Fill a hole with texture of the photograph's own valid pixels.

    Args:
        picture: uint8, H x W x 3.
        hole: bool, H x W, what to fill.
        hidden: bool, H x W, what must not be used; includes `hole`.
        guide: uint8, H x W x 3 or smaller, what the network predicts; only the hole is read.
        settings: the numbers.
        check: called before each piece of work with its cost (`Settings.costs`); may raise to stop
            it.

    Returns:
        The filled picture; the guide's own, enlarged, where no patch of the photograph is valid.
    """
    settings = settings or Settings()
    count = settings.halvings(int(hole.sum()))
    level = padded(Level(picture.astype(np.float32), hole, ~hidden), 2**count)
    levels = [level]
    for _ in range(count):
        levels.append(halved(levels[-1]))
    with ThreadPoolExecutor(settings.threads) as pool:
        filled, share = _filled(
            levels, _sized(guide, levels[-1], hole.shape, count), settings, pool, check
        )
    if filled is None:
        filled = _sized(guide, level, hole.shape, 0)
    height, width = hole.shape
    return Textured(_bytes(picture, hole, filled[:height, :width]), share)


def _filled(
    levels: list[Level],
    guide: np.ndarray,
    settings: Settings,
    pool: Executor,
    check: Callable[[int], None],
) -> tuple[np.ndarray | None, float]:
    """Fill the smallest of the levels, then bring it to the size of the largest."""
    below = levels[-1]
    base = _base(levels, guide)
    core = synthesise(Level(base, below.hole, below.valid), settings, pool, check)
    if core is None:
        return None, 0.0
    share = trust(core.picture, base, below.hole, settings.trust, pool)
    mean = float(share[below.hole].mean())
    filled = base + share[..., None] * (core.picture - base)
    matches, weights = core.matches, core.weights
    for level in reversed(levels[:-1]):
        check(enlarging(int(level.hole.sum())))
        filled, matches, weights, share = enlarge(
            filled, below, level, matches, weights, share, settings.radius, pool
        )
        below = level
    return filled, mean


def _base(levels: list[Level], guide: np.ndarray) -> np.ndarray:
    """Return the smallest level with the guide in its hole: float32, H x W x 3.

    Pixels that are hidden and not to be filled take the colour of the nearest that is known.
    """
    level, known = levels[-1], _known(levels)
    base = known * level.picture + (1 - known) * guide
    known = known[..., 0] > 0
    base = np.where(level.hole[..., None], base, level.picture)
    unknown = ~known & ~level.hole
    if unknown.any():
        nearest = ndimage.distance_transform_edt(
            unknown, return_distances=False, return_indices=True
        )
        base = base[tuple(nearest)]
    return base


def _known(levels: list[Level]) -> np.ndarray:
    """Return which part of each pixel of the smallest level is valid: float32, H x W x 1."""
    rows, columns = levels[-1].hole.shape
    by = 2 ** (len(levels) - 1)
    valid = levels[0].valid.reshape(rows, by, columns, by)
    return valid.mean((1, 3), dtype=np.float32)[..., None]


def _sized(guide: np.ndarray, level: Level, full: tuple[int, ...], halvings: int) -> np.ndarray:
    """Return the guide at a level's size, float32, H x W x 3."""
    rows, columns = (-(-side // 2**halvings) for side in full)
    image = Image.fromarray(np.ascontiguousarray(guide))
    if guide.shape[:2] != (rows, columns):
        smaller = guide.shape[0] > rows
        how = Image.Resampling.BOX if smaller else Image.Resampling.BICUBIC
        image = image.resize((columns, rows), how)
    border = [(0, level.hole.shape[0] - rows), (0, level.hole.shape[1] - columns), (0, 0)]
    return np.pad(np.asarray(image).astype(np.float32), border, mode="edge")


def _bytes(picture: np.ndarray, hole: np.ndarray, filled: np.ndarray) -> np.ndarray:
    out = picture.copy()
    out[hole] = (np.clip(filled[hole], 0, 255) + 0.5).astype(np.uint8)
    return out
