"""Counting the work of a fill: how far it is, how long it will take, and where it may be stopped."""

import time
from collections.abc import Callable
from typing import TypeAlias

Told: TypeAlias = Callable[[int, int], None]
"""Is told how many steps are done, and of how many; may raise to stop the work."""


class Steps:
    """The steps of a fill; each is about as much work as one crop is for the network.

    Args:
        told: called before each piece of work.

    Attributes:
        done: how many are done.
        of: how many there are, as far as is known yet.
    """

    def __init__(self, told: Told = lambda *_: None) -> None:
        self._told = told
        self.done = self.of = 0

    def expect(self, count: int) -> None:
        """Expect so many more, or fewer."""
        self.of += count

    def check(self) -> None:
        """Tell how far it is; raises what `told` raises."""
        self._told(self.done, max(self.of, self.done))

    def add(self, count: int) -> None:
        """Count what is done."""
        self.done += count


class Progress:
    """How far a fill is and how long it will take; its `tell` is told of steps.

    Args:
        clock: seconds from anywhere.

    Attributes:
        done: how many steps are done.
        of: how many there are; 0 before it is begun.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.done = self.of = 0
        self._clock = clock
        self._begun = self._told = 0.0

    def tell(self, done: int, of: int) -> None:
        """Hear how far it is; with no step done the clock starts."""
        self._told = self._clock()
        if not done:
            self._begun = self._told
        self.done, self.of = done, of

    def seconds_left(self) -> float | None:
        """Return how long it will take; None up to a twentieth, since the first steps say little."""
        if not self.done or 20 * self.done < self.of:
            return None
        left = (self._told - self._begun) * (self.of - self.done) / self.done
        # Between two steps it counts down.
        return max(0.0, left - (self._clock() - self._told))
