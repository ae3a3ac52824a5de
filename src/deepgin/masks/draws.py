"""The random draws of every kind of mask, the same on every machine."""

import random

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError


class Draws:
    """A stream of draws for one mask: the same seed gives unrelated masks of each kind.

    The seeds 1 and "1" are the same seed.
    """

    def __init__(self, kind: str, seed: int | str) -> None:
        # Of its methods `random` alone is promised to give the same numbers in every Python.
        self._random = random.Random(f"{kind}/{seed}").random

    def below(self, count: int) -> int:
        """Return a uniform integer in [0, count)."""
        return int(self._random() * count)

    def between(self, low: int, high: int) -> int:
        """Return a uniform integer in [low, high], both ends included."""
        return low + self.below(high - low + 1)

    def coins(self, count: int) -> NDArray[np.uint8]:
        """Return `count` fair coin flips, 0 or 1, shape (count,)."""
        # 32 of the 53 random bits of each number: a call per flip would take most of a mask's time.
        words = [int(self._random() * 2**32) for _ in range(-(-count // 32))]
        return np.unpackbits(np.array(words, dtype="<u4").view(np.uint8), bitorder="little")[:count]


def check_size(height: int, width: int) -> None:
    """Raise UsageError unless a mask can have this size in pixels."""
    if height < 1 or width < 1:
        raise UsageError(f"a mask must be at least 1 x 1 pixels, not {height} x {width}")
