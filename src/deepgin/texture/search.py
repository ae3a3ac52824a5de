"""The search: for each patch at the hole the most similar patch of the photograph.

A kd-tree over the features gives each patch its nearest neighbour, nearly; then each also tries
what its neighbours' matches say, shifted ("Synthesizing Natural Textures", Ashikhmin 2001; "Image
Analogies", Hertzmann et al. 2001, coherence).
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage  # type: ignore[import-untyped]
from scipy.spatial import cKDTree  # type: ignore[import-untyped]

_CHUNK = 1 << 15
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

    def numbers(self) -> np.ndarray:
        """Return the number of each pixel's patch, int32, flattened level; -1 where none is."""
        found = np.full(self.shape[0] * self.shape[1], -1, np.int32)
        found[self.targets] = np.arange(len(self.targets), dtype=np.int32)
        return found


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


def doubled(matches: Matches, targets: np.ndarray, sources: np.ndarray) -> Matches:
    """Return matches for a level twice as large: those of the level below, with offsets doubled.

    Args:
        matches: of the level below.
        targets: bool, H x W, of the larger level.
        sources: likewise.
    """
    height, width = targets.shape
    places = np.flatnonzero(targets)
    rows, columns = np.divmod(places, width)
    numbers = matches.numbers().reshape(matches.shape)
    number = numbers[rows // 2, columns // 2]
    if (number < 0).any():
        near = ndimage.distance_transform_edt(
            numbers < 0, return_distances=False, return_indices=True
        )
        number = numbers[tuple(axis[rows // 2, columns // 2] for axis in near)]
    below = matches.shape[1]
    down = matches.sources // below - matches.targets // below
    right = matches.sources % below - matches.targets % below
    found_rows = np.clip(rows + 2 * down[number], 0, height - 1)
    found_columns = np.clip(columns + 2 * right[number], 0, width - 1)
    found = found_rows * width + found_columns
    if not sources.ravel()[found].all():
        near = ndimage.distance_transform_edt(~sources, return_distances=False, return_indices=True)
        found = (near[0] * width + near[1]).ravel()[found]
    return Matches(places, found, np.zeros(len(places), np.float32), (height, width))


def evenly(places: np.ndarray, most: int) -> np.ndarray:
    """Return at most N of the places, spread without a period, the same ones every time."""
    if len(places) <= most:
        return places
    golden = (5**0.5 - 1) / 2
    return places[np.unique((np.arange(1, most + 1) * golden % 1 * len(places)).astype(np.int64))]


class Tree:
    """A kd-tree over the features of the sources.

    Args:
        offered: float32, H W x D, features of every pixel.
        sources: int64, places of the sources.
        most: sources to look among.
        workers: threads; they change no result.
    """

    def __init__(self, offered: np.ndarray, sources: np.ndarray, most: int, workers: int) -> None:
        self._sources, self._workers = evenly(sources, most), workers
        features = offered[self._sources]
        self._mean, self._axes = principal(features, _DIMENSIONS)
        reduced = self._reduced(features)
        self._tree = cKDTree(reduced, leafsize=16, compact_nodes=False, balanced_tree=False)

    def nearest(self, wanted: np.ndarray) -> np.ndarray:
        """Return the source with the nearest features, nearly, for each of N x D: int64, N."""
        if not len(wanted):
            return np.zeros(0, np.int64)
        found = self._tree.query(self._reduced(wanted), eps=_EPS, workers=self._workers)[1]
        return self._sources[found]

    def _reduced(self, features: np.ndarray) -> np.ndarray:
        # Not by BLAS, whose sums may depend on the number of threads.
        return np.einsum("nd,dk->nk", features - self._mean, self._axes)


def principal(features: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and first principal axes of features: float32, D and D x count.

    Args:
        features: float32, N x D.
        count: of axes.
    """
    some = evenly(features, _SAMPLES).astype(np.float64)
    mean = some.mean(0)
    some -= mean
    _, axes = np.linalg.eigh(np.einsum("nd,ne->de", some, some))
    return mean.astype(np.float32), axes[:, ::-1][:, :count].astype(np.float32)


def distances(wanted: np.ndarray, offered: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the squared distances of features: N x D against rows `places` of H W x D."""
    found = np.empty(len(wanted), np.float32)
    for start in range(0, len(wanted), _CHUNK):
        part = slice(start, start + _CHUNK)
        difference = offered[places[part]]
        difference -= wanted[part]
        np.einsum("nd,nd->n", difference, difference, out=found[part])
    return found


def agree(
    matches: Matches,
    wanted: np.ndarray,
    offered: np.ndarray,
    sources: np.ndarray,
    rounds: int,
) -> None:
    """Let each patch take over what a neighbour's match says, shifted, where that is better.

    Args:
        matches: changed in place.
        wanted: float32, N x D, features of the targets.
        offered: float32, H W x D, features of every pixel.
        sources: bool, H x W.
        rounds: of four neighbours each.
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
            found = distances(wanted[few], offered, place[few])
            better = found < matches.distances[few]
            few = few[better]
            matches.sources[few] = place[few]
            matches.distances[few] = found[better]
