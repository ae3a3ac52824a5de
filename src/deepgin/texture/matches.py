"""Search and vote: for each patch at the hole the most similar patch of the photograph.

A kd-tree over the features gives each patch its nearest neighbour, nearly; then each also tries
what its neighbours' matches say, shifted ("Synthesizing Natural Textures", Ashikhmin 2001; "Image
Analogies", Hertzmann et al. 2001, coherence). In the vote each pixel of the hole is the weighted
mean of what the patches over it propose ("Space-Time Completion of Video", Wexler, Shechtman and
Irani 2004).
"""

from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from scipy import ndimage  # type: ignore[import-untyped]
from scipy.spatial import cKDTree  # type: ignore[import-untyped]

_CHUNK = 1 << 15
_VOTE_CHUNK = 1 << 14
_DEEPEST = 40
_DIMENSIONS = 8
_SAMPLES = 4000
_EPS = 1.0


@dataclass
class Matches:
    """Patches at the hole and their matches.

    Attributes:
        targets: int64, N: the patches' centres, as places in the flattened level, ascending.
        sources: int64, N: the matches' centres, likewise.
        distances: float32, N: squared distance of the features.
        shape: of the level.
    """

    targets: np.ndarray
    sources: np.ndarray
    distances: np.ndarray
    shape: tuple[int, int]

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Return a value of each patch at its centre, flattened level; 0 where none is."""
        spread = np.zeros(self.shape[0] * self.shape[1], values.dtype)
        spread[self.targets] = values
        return spread

    def numbers(self) -> np.ndarray:
        """Return the number of each pixel's patch, int32, flattened level; -1 where none is."""
        return self.spread(np.arange(1, len(self.targets) + 1, dtype=np.int32)) - np.int32(1)


def targets_and_sources(
    hole: np.ndarray, valid: np.ndarray, radius: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return which pixels are centres of patches that touch the hole, and of valid ones: bool."""
    size = 2 * radius + 1
    inner = np.zeros(hole.shape, np.bool_)
    inner[radius : hole.shape[0] - radius, radius : hole.shape[1] - radius] = True
    near = ndimage.maximum_filter(hole.view(np.uint8), size).view(np.bool_)
    whole = ndimage.minimum_filter(valid.view(np.uint8), size).view(np.bool_)
    return near & inner, whole & inner


def nearest(unknown: np.ndarray) -> np.ndarray:
    """Return row and column of the nearest pixel that is not unknown, 2 x H x W."""
    return ndimage.distance_transform_edt(unknown, return_distances=False, return_indices=True)


def doubled(matches: Matches, targets: np.ndarray, sources: np.ndarray) -> Matches:
    """Return matches for a level twice as large: those of the level below, with offsets doubled.

    `targets` and `sources` are of the larger level, from `targets_and_sources`.
    """
    height, width = targets.shape
    places = np.flatnonzero(targets)
    rows, columns = np.divmod(places, width)
    numbers = matches.numbers().reshape(matches.shape)
    number = numbers[rows // 2, columns // 2]
    if (number < 0).any():
        number = numbers[tuple(axis[rows // 2, columns // 2] for axis in nearest(numbers < 0))]
    below = matches.shape[1]
    down = matches.sources // below - matches.targets // below
    right = matches.sources % below - matches.targets % below
    rows = np.clip(rows + 2 * down[number], 0, height - 1)
    columns = np.clip(columns + 2 * right[number], 0, width - 1)
    doubled = rows * width + columns
    if not sources.ravel()[doubled].all():
        near = nearest(~sources)
        doubled = (near[0] * width + near[1]).ravel()[doubled]
    return Matches(places, doubled, np.zeros(len(places), np.float32), (height, width))


def evenly(places: np.ndarray, most: int) -> np.ndarray:
    """Return at most N of the places, spread without a period, the same ones every time."""
    if len(places) <= most:
        return places
    golden = (5**0.5 - 1) / 2
    return places[np.unique((np.arange(1, most + 1) * golden % 1 * len(places)).astype(np.int64))]


class PatchTree:
    """A kd-tree over the features of at most `most` sources; more workers change no result."""

    def __init__(
        self, candidates: np.ndarray, sources: np.ndarray, most: int, workers: int
    ) -> None:
        self._sources, self._workers = evenly(sources, most), workers
        features = candidates[self._sources]
        self._mean, self._axes = principal(features, _DIMENSIONS)
        self._tree = cKDTree(
            self._reduced(features), leafsize=16, compact_nodes=False, balanced_tree=False
        )

    def nearest(self, queries: np.ndarray) -> np.ndarray:
        """Return the source with the nearest features, nearly, for each of N x D: int64, N."""
        if not len(queries):
            return np.zeros(0, np.int64)
        numbers = self._tree.query(self._reduced(queries), eps=_EPS, workers=self._workers)[1]
        return self._sources[numbers]

    def _reduced(self, features: np.ndarray) -> np.ndarray:
        # Not by BLAS, whose sums may depend on the number of threads.
        return np.einsum("nd,dk->nk", features - self._mean, self._axes)


def principal(features: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and first principal axes of features, N x D: float32, D and D x count."""
    some = evenly(features, _SAMPLES).astype(np.float64)
    mean = some.mean(0)
    some -= mean
    _, axes = np.linalg.eigh(np.einsum("nd,ne->de", some, some))
    return mean.astype(np.float32), axes[:, ::-1][:, :count].astype(np.float32)


def distances(queries: np.ndarray, candidates: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the squared distances of features: N x D against rows `places` of H W x D."""
    squared = np.empty(len(queries), np.float32)
    for start in range(0, len(queries), _CHUNK):
        part = slice(start, start + _CHUNK)
        difference = candidates[places[part]]
        difference -= queries[part]
        np.einsum("nd,nd->n", difference, difference, out=squared[part])
    return squared


def agree(
    matches: Matches,
    queries: np.ndarray,
    candidates: np.ndarray,
    sources: np.ndarray,
    rounds: int,
) -> None:
    """Let each patch take over what a neighbour's match says, shifted, where that is better.

    Changes the matches in place; four neighbours are tried in each of the rounds.
    """
    height, width = matches.shape
    numbers, allowed = matches.numbers(), sources.ravel()
    rows, columns = np.divmod(matches.targets, width)
    for _ in range(rounds):
        for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            inside = (rows + down >= 0) & (rows + down < height)
            inside &= (columns + right >= 0) & (columns + right < width)
            step = down * width + right
            number = numbers[np.where(inside, matches.targets + step, 0)]
            inside &= number >= 0
            at = matches.sources[number]
            place = at - step
            # The shifted match stays in its row: no wrapping round the edge.
            inside &= (at % width - right >= 0) & (at % width - right < width)
            inside &= (place >= 0) & (place < height * width) & (place != matches.sources)
            few = np.flatnonzero(inside)
            few = few[allowed[place[few]]]
            shifted = distances(queries[few], candidates, place[few])
            better = shifted < matches.distances[few]
            few = few[better]
            matches.sources[few] = place[few]
            matches.distances[few] = shifted[better]


def nearness(depth: np.ndarray) -> np.ndarray:
    """Return how much patches count by their depth in the hole: float32, 1 outside it."""
    return (np.float32(1.3) ** -np.minimum(depth, _DEEPEST)).astype(np.float32)


def weights_of(matches: Matches, depth: np.ndarray) -> np.ndarray:
    """Return how much each patch counts: float32, N.

    Similar ones count more, and those nearer to the photograph. `depth` is from `depth_of`.
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
        matches: of N patches.
        weights: float32, N.
        pixels: int64, M, places of the pixels.
        radius: of the patches.
        pool: computes several parts at once.

    Returns:
        float32, M x C; NaN where no patch lies over a pixel.
    """
    width = matches.shape[1]
    heavy, offset = matches.spread(weights), matches.spread(matches.sources - matches.targets)
    # Patches keep to the level's inside, so that steps never wrap round an edge; places are
    # clipped for pixels at the border, where no patch lies and the weight is 0.
    last = len(heavy) - 1
    steps = [
        down * width + right
        for down in range(-radius, radius + 1)
        for right in range(-radius, radius + 1)
    ]

    def part(start: int) -> np.ndarray:
        mine = pixels[start : start + _VOTE_CHUNK]
        total = np.zeros((len(mine), values.shape[1]), np.float32)
        whole = np.zeros(len(mine), np.float32)
        for step in steps:
            centre = np.clip(mine + step, 0, last)
            weight = heavy[centre]
            proposed = values[np.clip(mine + offset[centre], 0, last)]
            proposed *= weight[:, None]
            total += proposed
            whole += weight
        with np.errstate(invalid="ignore", divide="ignore"):
            return total / whole[:, None]

    parts = [*pool.map(part, range(0, len(pixels), _VOTE_CHUNK))]
    return np.concatenate(parts) if parts else np.zeros((0, values.shape[1]), np.float32)
