"""Running an iterator ahead of its consumer, in a thread."""

import threading
from collections.abc import Generator, Iterator
from queue import Empty, Full, Queue
from typing import TypeVar

T = TypeVar("T")

_LOOK = 0.2
"""Seconds between looks at whether anyone still waits."""


def ahead(source: Iterator[T], count: int) -> Generator[T, None, None]:
    """Yield what `source` yields, up to `count` of it made beforehand; raise what it raises.

    The thread is never waited for: it may hang in a read from a network that is gone.
    """
    made: Queue[T | BaseException] = Queue(count)
    left = threading.Event()
    thread = threading.Thread(
        target=_fill, args=(source, made, left), name="samples ahead", daemon=True
    )
    thread.start()
    try:
        while True:
            # With a limit, a signal's handler is run between the waits on every system.
            try:
                item = made.get(timeout=_LOOK)
            except Empty:
                continue
            if isinstance(item, StopIteration):
                return
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        left.set()


def _fill(source: Iterator[T], made: "Queue[T | BaseException]", left: threading.Event) -> None:
    while not left.is_set():
        try:
            item: T | BaseException = next(source)
        except BaseException as error:  # noqa: BLE001, it is raised where it can be handled
            item = error
        while not left.is_set():
            try:
                made.put(item, timeout=_LOOK)
                break
            except Full:
                continue
        if isinstance(item, BaseException):
            return
    close = getattr(source, "close", None)
    if close is not None:
        close()
