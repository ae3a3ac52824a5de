"""The order of the pictures: a seeded permutation an epoch, with weights."""

import random

import numpy as np

from ...errors import UsageError


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
        # Whole weights make all epochs equally long, so that a far one is found without the rest.
        whole = all(float(weight).is_integer() for weight in weights)
        self._length = int(sum(weights)) if whole else 0
        self._starts = [0]
        self._epoch, self._order = -1, np.empty(0, np.int64)

    def _load(self, epoch: int) -> None:
        draws = random.Random(f"order/{self.seed}/{epoch}")
        members = [
            picture
            for picture, weight in enumerate(self.weights)
            for _ in range(int(weight + draws.random()))
        ]
        keys = np.array([draws.random() for _ in members])
        self._epoch, self._order = epoch, np.array(members, np.int64)[keys.argsort(kind="stable")]

    def _find(self, i: int) -> tuple[int, int]:
        """Return the epoch of the i-th picture, and its place there."""
        if self._length:
            return divmod(i, self._length)
        while i >= self._starts[-1]:
            self._load(len(self._starts) - 1)
            self._starts.append(self._starts[-1] + len(self._order))
        epoch = int(np.searchsorted(self._starts, i, side="right")) - 1
        return epoch, i - self._starts[epoch]

    def __getitem__(self, i: int) -> int:
        epoch, place = self._find(i)
        if epoch != self._epoch:
            self._load(epoch)
        return int(self._order[place])
