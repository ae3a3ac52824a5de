"""Fills one hole with texture: search and vote from coarse to fine, then detail up to full size.

The coarsest level starts with the guide in its hole. At each level that is searched, rounds of
search and vote replace it. Larger levels follow the matches of the finest level searched.
"""

from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from . import matches as search
from .features import blurred, blurred_within, guides, opponent, patches
from .matches import Matches, nearness, vote, weights_of
from .pyramid import Level, depth_of, doubled, doubled_within, halvings, levels_of
from .settings import Settings, enlarging, preparing

_NEAR = 6.0  # pixels over which texture and guide are compared


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
    levels = levels_of(Level(picture.astype(np.float32), hole, ~hidden), count)
    share = 0.0
    with ThreadPoolExecutor(settings.threads) as pool:
        base = _with_guide(levels, _sized(guide, levels[-1], hole.shape, count))
        core = _synthesised(base, settings, pool, check)
        if core is None:
            filled = _sized(guide, levels[0], hole.shape, 0)
        else:
            trusted = trust(core.picture, base.picture, base.hole, settings.trust, pool)
            share = float(trusted[base.hole].mean())
            mixed = base.picture + trusted[..., None] * (core.picture - base.picture)
            below = replace(core, level=levels[-1], picture=mixed)
            for level in reversed(levels[:-1]):
                check(enlarging(int(level.hole.sum())))
                below, trusted = _enlarged(below, level, trusted, settings.radius, pool)
            filled = below.picture
    out = picture.copy()
    filled = filled[: hole.shape[0], : hole.shape[1]]
    out[hole] = (np.clip(filled[hole], 0, 255) + 0.5).astype(np.uint8)
    return Textured(out, share)


def _with_guide(levels: list[Level], guide: np.ndarray) -> Level:
    """Return the smallest level with the guide in its hole.

    Pixels that are hidden and not to be filled take the colour of the nearest that is known.
    """
    level, by = levels[-1], 2 ** (len(levels) - 1)
    rows, columns = level.hole.shape
    # Which part of each pixel is valid.
    known = levels[0].valid.reshape(rows, by, columns, by).mean((1, 3), dtype=np.float32)
    part = known[..., None]
    base = part * level.picture + (1 - part) * guide
    base = np.where(level.hole[..., None], base, level.picture)
    unknown = ~(known > 0) & ~level.hole
    if unknown.any():
        base = base[tuple(search.nearest(unknown))]
    return replace(level, picture=base)


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


@dataclass(frozen=True)
class _Filled:
    level: Level
    picture: np.ndarray  # float32, H x W x 3, with texture in the hole
    matches: Matches
    weights: np.ndarray  # float32, N, of the patches in the vote

    def within(self, height: int, width: int) -> "_Filled":
        """Return the part within a size: what was padded goes."""
        if self.matches.shape == (height, width):
            return self
        rows, columns = np.divmod(self.matches.targets, self.matches.shape[1])
        inside = (rows < height) & (columns < width)
        # Sources are valid, and so lie within the size.
        targets, sources = (
            (of // self.matches.shape[1] * width + of % self.matches.shape[1])[inside]
            for of in (self.matches.targets, self.matches.sources)
        )
        level = self.level
        return _Filled(
            Level(*(a[:height, :width] for a in (level.picture, level.hole, level.valid))),
            self.picture[:height, :width],
            Matches(targets, sources, self.matches.distances[inside], (height, width)),
            self.weights[inside],
        )


def _synthesised(
    level: Level, settings: Settings, pool: Executor, check: Callable[[int], None]
) -> _Filled | None:
    """Fill a level's hole with texture of its valid pixels; None where no patch of it is valid."""
    count = halvings(level, settings.coarsest_depth, settings.coarsest_side, settings.levels)
    filled: _Filled | None = None
    for number, smaller in reversed([*enumerate(levels_of(level, count))]):
        rounds = _Rounds(smaller, number, settings, pool)
        if rounds.targets.any() and rounds.sources.any():
            filled = rounds.run(filled, check)
    return None if filled is None else filled.within(*level.hole.shape)


class _Rounds:
    """The rounds of search and vote of one level."""

    def __init__(self, level: Level, number: int, settings: Settings, pool: Executor) -> None:
        self.level, self.number, self.settings, self.pool = level, number, settings, pool
        self.radius = settings.radius
        self.targets, self.sources = search.targets_and_sources(
            level.hole, level.valid, self.radius
        )

    def run(self, below: _Filled | None, check: Callable[[int], None]) -> _Filled:
        """Search and vote; `below` is the result of the level half as large."""
        level, settings, at = self.level, self.settings, self.number
        check(preparing(level.hole.size))
        self._prepare()
        if below is None:
            nothing = np.zeros(len(self.places), np.int64)
            matches = Matches(self.places, nothing, nothing.astype(np.float32), level.hole.shape)
            current = level.picture
        else:
            matches = search.doubled(below.matches, self.targets, self.sources)
            current = self._voted(matches, weights_of(matches, self.depth))
        weights = np.zeros(0, np.float32)
        for turn in range(int(settings.at("rounds", at))):
            check(len(self.places))
            scale = settings.first**0.5 if below is None and turn == 0 else 1.0
            self._search(matches, current, scale)
            weights = weights_of(matches, self.depth)
            current = self._voted(matches, weights)
        return _Filled(level, current, matches, weights)

    def _prepare(self) -> None:
        """Compute what all rounds share."""
        level, settings = self.level, self.settings
        self.places, self.offers = np.flatnonzero(self.targets), np.flatnonzero(self.sources)
        self.pixels, self.depth = np.flatnonzero(level.hole), depth_of(level)
        planes, sigma = opponent(level.picture), settings.guide_blur
        root = np.float32(settings.at("guide", self.number) ** 0.5)
        known = blurred_within(planes, level.valid, sigma, self.pool)
        guide = [*self.pool.map(lambda plane: blurred(plane, sigma), planes)]
        self.guide = np.stack(
            [root * p.ravel()[self.places] for p in guides(guide, self.radius)], -1
        )
        own = patches(planes, self.radius, self.pool)
        self.own = len(own)
        candidates = [*own, *(root * plane for plane in guides(known, self.radius))]
        self.candidates = np.stack(candidates, -1).reshape(-1, len(candidates))

    def _search(self, matches: Matches, current: np.ndarray, scale: float) -> None:
        settings = self.settings
        own = patches(opponent(current), self.radius, self.pool)
        queries = np.stack([plane.ravel()[self.places] for plane in own], -1)
        queries = np.concatenate([queries, self.guide], -1)
        candidates = self.candidates
        if scale != 1:
            candidates = candidates.copy()
            for features in (queries, candidates):
                features[:, : self.own] *= np.float32(scale)
        stride, width = int(settings.at("stride", self.number)), self.level.hole.shape[1]
        tree = search.PatchTree(candidates, self.offers, settings.sources, settings.threads)
        some = (self.places // width % stride == 0) & (self.places % width % stride == 0)
        matches.sources[some] = tree.nearest(queries[some])
        known = self.sources.ravel()[matches.sources]
        matches.distances = search.distances(queries, candidates, matches.sources)
        matches.distances[~known] = np.inf
        search.agree(matches, queries, candidates, self.sources, rounds=settings.agreement)
        left = np.flatnonzero(np.isinf(matches.distances))
        if len(left):  # no neighbour has found anything yet
            matches.sources[left] = tree.nearest(queries[left])
            matches.distances[left] = search.distances(
                queries[left], candidates, matches.sources[left]
            )

    def _voted(self, matches: Matches, weights: np.ndarray) -> np.ndarray:
        picture = self.level.picture.copy()
        flat = self.level.picture.reshape(-1, 3)
        means = vote(flat, matches, weights, self.pixels, radius=self.radius, pool=self.pool)
        known = np.isfinite(means[:, 0])
        picture.reshape(-1, 3)[self.pixels[known]] = means[known]
        return picture


def trust(
    picture: np.ndarray, guide: np.ndarray, hole: np.ndarray, limit: float, pool: Executor
) -> np.ndarray:
    """Return how far a texture may be used: 1 where it keeps to the guide, towards 0 where not.

    Both are faded, not their colours alone: the fine band of a texture without its colours leaves
    scratches where the texture has an edge and the guide has none. `limit` is by how many grey
    levels their local means may differ.
    """
    apart = np.where(hole[..., None], picture - guide, np.float32(0))
    means = [*pool.map(lambda c: blurred(apart[..., c], _NEAR), range(3))]
    whole = blurred(hole, _NEAR) + np.float32(1e-3)
    distance = np.sqrt((means[0] ** 2 + means[1] ** 2 + means[2] ** 2) / 3) / whole
    return np.exp(-((distance / np.float32(limit)) ** 2))


def _enlarged(
    below: _Filled, level: Level, share: np.ndarray, radius: int, pool: Executor
) -> tuple[_Filled, np.ndarray]:
    """Bring a filled level, and how far its fill is texture, to twice the size.

    The larger level is the enlarged one below plus what the matches' own enlargement lacks: the
    high band of the Laplacian pyramid (Burt and Adelson 1983), voted as colours are.
    """
    targets, sources = search.targets_and_sources(level.hole, level.valid, radius)
    matches = search.doubled(below.matches, targets, sources)
    heavy = below.matches.spread(below.weights)
    rows, columns = np.divmod(matches.targets, targets.shape[1])
    known = heavy[rows // 2 * below.level.hole.shape[1] + columns // 2]
    near = nearness(depth_of(level).ravel()[matches.targets])
    weights = np.maximum(known * near, np.float32(1e-12))
    high = level.picture - doubled_within(below.level.picture, level.valid)
    pixels = np.flatnonzero(level.hole)
    detail = vote(high.reshape(-1, 3), matches, weights, pixels, radius=radius, pool=pool)
    share = doubled(share[..., None])[..., 0]
    detail = np.nan_to_num(detail, copy=False) * share.ravel()[pixels, None]
    picture = level.picture.copy()
    picture.reshape(-1, 3)[pixels] = doubled(below.picture).reshape(-1, 3)[pixels] + detail
    return _Filled(level, picture, matches, weights), share
