"""The order of the pictures: a seeded permutation an epoch, with weights."""

import random
from pathlib import PurePosixPath

import numpy as np

from ...errors import UsageError
from ..recipe import DataRecipe
from .sources import Entry


def picture_weights(entries: list[Entry], recipe: DataRecipe) -> list[float]:
    """Return how often each entry is drawn in an epoch, by `recipe.weights`.

    Raises:
        UsageError: a path that is neither a picture nor a folder of pictures.
    """
    by_path = {path.strip("/"): weight for path, weight in recipe.weights.items()}
    unused, weights = set(by_path), []
    for entry in entries if by_path else ():
        name = PurePosixPath(entry.name)
        named = [path.as_posix() for path in (name, *name.parents) if path.as_posix() in by_path]
        unused -= set(named)
        weights.append(by_path[named[0]] if named else 1.0)
    if unused:
        missing = ", ".join(sorted(unused))
        raise UsageError(
            f"data.weights: no pictures at {missing} below data.train", field="data.weights"
        )
    return weights or [1.0] * len(entries)


class PictureOrder:
    """Which picture is the i-th of the run: a seeded permutation an epoch.

    A weight of 2.5 puts a picture into each epoch twice, and once more in half of the epochs.

    Raises:
        UsageError: no picture has a weight above 0.
    """

    def __init__(self, weights: list[float], seed: int) -> None:
        if max(weights, default=0) <= 0:
            raise UsageError("data.weights leaves no picture to train on", field="data.weights")
        self.weights, self.seed = weights, seed
        # Whole weights make all epochs equally long: a far one is computed without the others.
        whole = all(float(weight).is_integer() for weight in weights)
        self._length = int(sum(weights)) if whole else 0
        self._starts = [0]
        self._epoch, self._order = -1, np.empty(0, np.int64)

    def __getitem__(self, i: int) -> int:
        epoch, place = self._locate(i)
        if epoch != self._epoch:
            self._load(epoch)
        return int(self._order[place])

    def _locate(self, i: int) -> tuple[int, int]:
        """Return the epoch of the i-th picture, and its place there."""
        if self._length:
            return divmod(i, self._length)
        while i >= self._starts[-1]:
            self._load(len(self._starts) - 1)
            self._starts.append(self._starts[-1] + len(self._order))
        epoch = int(np.searchsorted(self._starts, i, side="right")) - 1
        return epoch, i - self._starts[epoch]

    def _load(self, epoch: int) -> None:
        draws = random.Random(f"order/{self.seed}/{epoch}")
        members = [
            picture
            for picture, weight in enumerate(self.weights)
            for _ in range(int(weight + draws.random()))
        ]
        keys = np.array([draws.random() for _ in members])
        self._epoch, self._order = epoch, np.array(members, np.int64)[keys.argsort(kind="stable")]
