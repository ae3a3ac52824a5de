"""Counting the work of a fill: how far it is, how long it will take, and where it may be stopped."""

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
