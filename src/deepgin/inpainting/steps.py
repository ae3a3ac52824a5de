"""Counts the steps of a fill, and estimates the time left."""

import time
from collections.abc import Callable
from typing import TypeAlias

OnProgress: TypeAlias = Callable[[int, int], None]
"""Called with the steps that are done and the total; may raise to stop the work."""


class Steps:
    """The steps of a fill; one is about as much work as one crop is for the network.

    Args:
        on_progress: called before each piece of work.

    Attributes:
        done: steps that are done.
        total: all steps known so far.
    """

    def __init__(self, on_progress: OnProgress = lambda *_: None) -> None:
        self._on_progress = on_progress
        self.done = self.total = 0

    def expect(self, count: int) -> None:
        """Add to the total; a negative count corrects it."""
        self.total += count

    def check(self) -> None:
        """Report; raises what `on_progress` raises."""
        self._on_progress(self.done, max(self.total, self.done))

    def add(self, count: int) -> None:
        """Count steps as done."""
        self.done += count


class Progress:
    """The steps that are done and the time left; `update` is an `OnProgress`.

    Args:
        clock: returns seconds.

    Attributes:
        done: steps that are done.
        total: all steps known so far; 0 before the fill begins.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.done = self.total = 0
        self._clock = clock
        self._begun = self._updated = 0.0

    def update(self, done: int, total: int) -> None:
        """Take the steps; with no step done the clock starts."""
        self._updated = self._clock()
        if not done:
            self._begun = self._updated
        self.done, self.total = done, total

    def seconds_left(self) -> float | None:
        """Return the time left; None before a twentieth is done: the first steps say little."""
        if not self.done or 20 * self.done < self.total:
            return None
        left = (self._updated - self._begun) * (self.total - self.done) / self.done
        # Counts down between two updates.
        return max(0.0, left - (self._clock() - self._updated))
