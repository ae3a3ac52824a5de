"""The core: rounds of search and vote, from the coarsest level to the finest that is searched."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from . import search
from .features import guides, opponent, patches
from .filters import blurred, blurred_within
from .pyramid import Level, depth_of, halved, halvings, padded
from .search import Matches
from .settings import Settings, preparing
from .vote import vote, weights_of


@dataclass(frozen=True)
class Core:
    """What came out of the core.

    Attributes:
        level: the finest level that was searched, with the guide in its hole.
        picture: float32, H x W x 3, with texture in the hole.
        matches: of its patches.
        weights: float32, N, of the patches in the vote.
    """

    level: Level
    picture: np.ndarray
    matches: Matches
    weights: np.ndarray

    def within(self, height: int, width: int) -> "Core":
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
        return Core(
            Level(*(a[:height, :width] for a in (level.picture, level.hole, level.valid))),
            self.picture[:height, :width],
            Matches(targets, sources, self.matches.distances[inside], (height, width)),
            self.weights[inside],
        )


def synthesise(
    level: Level, settings: Settings, pool: Executor, check: Callable[[int], None]
) -> Core | None:
    """Fill a level's hole with texture of its valid pixels; None where no patch of it is valid.

    Args:
        level: with the guide in its hole.
        settings: the numbers.
        pool: computes several things at once.
        check: called before each piece of work with its cost (`Settings.costs`); may raise to stop
            it.
    """
    count = halvings(level.hole, settings.coarsest_depth, settings.coarsest_side, settings.levels)
    height, width = level.hole.shape
    levels = [padded(level, 2**count)]
    for _ in range(count):
        levels.append(halved(levels[-1]))
    core: Core | None = None
    for number in reversed(range(count + 1)):
        rounds = _Rounds(levels[number], number, settings, pool)
        if rounds.targets.any() and rounds.sources.any():
            core = rounds.run(core, check)
    return None if core is None else core.within(height, width)


class _Rounds:
    """The rounds of one level."""

    def __init__(self, level: Level, number: int, settings: Settings, pool: Executor) -> None:
        self.level, self.number, self.settings, self.pool = level, number, settings, pool
        self.radius = settings.radius
        self.targets, self.sources = search.targets_and_sources(
            level.hole, level.valid, self.radius
        )

    def run(self, below: Core | None, check: Callable[[int], None]) -> Core:
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
        return Core(level, current, matches, weights)

    def _prepare(self) -> None:
        """Compute what all rounds share."""
        level, settings = self.level, self.settings
        self.places, self.offers = np.flatnonzero(self.targets), np.flatnonzero(self.sources)
        self.pixels, self.depth = np.flatnonzero(level.hole), depth_of(level.hole)
        planes, sigma = opponent(level.picture), settings.guide_blur
        root = np.float32(settings.at("guide", self.number) ** 0.5)
        known = blurred_within(planes, level.valid, sigma, self.pool)
        given = [*self.pool.map(lambda plane: blurred(plane, sigma), planes)]
        self.guide = np.stack(
            [root * p.ravel()[self.places] for p in guides(given, self.radius)], -1
        )
        own = patches(planes, self.radius, self.pool)
        self.own = len(own)
        offered = [*own, *(root * plane for plane in guides(known, self.radius))]
        self.offered = np.stack(offered, -1).reshape(-1, len(offered))

    def _search(self, matches: Matches, current: np.ndarray, scale: float) -> None:
        settings = self.settings
        own = patches(opponent(current), self.radius, self.pool)
        wanted = np.stack([plane.ravel()[self.places] for plane in own], -1)
        wanted = np.concatenate([wanted, self.guide], -1)
        offered = self.offered
        if scale != 1:
            offered = offered.copy()
            for features in (wanted, offered):
                features[:, : self.own] *= np.float32(scale)
        stride, width = int(settings.at("stride", self.number)), self.level.hole.shape[1]
        tree = search.Tree(offered, self.offers, settings.sources, settings.threads)
        some = (self.places // width % stride == 0) & (self.places % width % stride == 0)
        matches.sources[some] = tree.nearest(wanted[some])
        known = self.sources.ravel()[matches.sources]
        matches.distances = search.distances(wanted, offered, matches.sources)
        matches.distances[~known] = np.inf
        search.agree(matches, wanted, offered, self.sources, settings.agreement)
        left = np.flatnonzero(np.isinf(matches.distances))
        if len(left):  # no neighbour has found anything yet
            matches.sources[left] = tree.nearest(wanted[left])
            matches.distances[left] = search.distances(wanted[left], offered, matches.sources[left])

    def _voted(self, matches: Matches, weights: np.ndarray) -> np.ndarray:
        picture = self.level.picture.copy()
        flat = self.level.picture.reshape(-1, 3)
        said = vote(flat, matches, weights, self.pixels, self.radius, self.pool)
        known = np.isfinite(said[:, 0])
        picture.reshape(-1, 3)[self.pixels[known]] = said[known]
        return picture
