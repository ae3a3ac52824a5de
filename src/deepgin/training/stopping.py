"""SIGTERM and Ctrl-C: they end a run between two steps, saved."""

import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Self, TypeVar

T = TypeVar("T")


class Stopped(Exception):
    """Raised where a run that must stop does something it need not finish; the loop catches it."""


class StopSignals:
    """Within it, SIGTERM and Ctrl-C only ask for the end.

    A step at hand is finished first. Waiting for data is not: a source may hang for ever. Where
    several processes wait for each other, all must stop at the same step, so that there only a
    second signal ends the waiting.

    Attributes:
        asked: whether this process got a signal to stop.

    Args:
        alone: whether there is no other process in the run.
    """

    def __init__(self, alone: bool = True) -> None:
        self.alone, self.asked, self._waiting = alone, False, False
        self._before: dict[int, object] = {}

    def __enter__(self) -> Self:
        # Python lets no other thread set handlers; there, whoever started the thread has them.
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self._before = {}

    def _ask(self, number: int, frame: FrameType | None) -> None:
        again, self.asked = self.asked, True
        if self._waiting and (self.alone or again):
            self._waiting = False
            raise Stopped

    def watched(self, source: Iterator[T]) -> Iterator[T]:
        """Yield what `source` yields, in waiting for which a signal raises `Stopped`."""
        while True:
            self.check()
            self._waiting = True
            try:
                item = next(source)
            except StopIteration:
                return
            finally:
                self._waiting = False
            yield item

    def check(self) -> None:
        """Raise `Stopped` if a signal came and this process may stop by itself."""
        if self.asked and self.alone:
            raise Stopped
