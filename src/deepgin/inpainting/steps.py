"""Counts the steps of a fill, and estimates the time left."""

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
