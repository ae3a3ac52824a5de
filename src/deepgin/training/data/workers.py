"""Making batches ahead of the training: in a thread, or in worker processes."""

import itertools
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from queue import Empty, Full, Queue
from types import TracebackType
from typing import TypeVar

from torch.utils.data import DataLoader, Dataset

from ...errors import DeepginError, TrainingError
from .batch import Batch
from .crops import decode_singly

T = TypeVar("T")

_ATTEMPTS = 3
_GRACE = 1.0
_LOOK = 0.2
"""Seconds between looks at whether anyone still waits."""


def ahead(source: Iterator[T], count: int) -> Generator[T, None, None]:
    """Yield what `source` yields, up to `count` items made beforehand; raise what it raises.

    At the end the thread is not waited for long: it may hang in a read from a disk or a network
    that is gone.
    """
    made: Queue[T | BaseException] = Queue(count)
    left = threading.Event()
    thread = threading.Thread(target=_fill, args=(source, made, left), daemon=True)
    thread.start()
    try:
        while True:
            # With a limit, a signal's handler runs between the waits on every system.
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
        thread.join(_GRACE)  # Python should not end while it decodes


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
    if close := getattr(source, "close", None):
        close()


class _Steps(Dataset):
    """The batches by their first picture.

    An error is returned: raised in a worker, its message would hold the worker's traceback.
    """

    def __init__(self, make: Callable[[int], Batch]) -> None:
        self.make = make

    def __getitem__(self, first: int) -> Batch | DeepginError:
        try:
            return self.make(first)
        except DeepginError as error:
            return error


def from_processes(
    make: Callable[[int], Batch], first: int, step: int, workers: int, pinned: bool = False
) -> Generator[Batch, None, None]:
    """Yield the batches that begin at pictures `first`, `first + step`..., made by processes.

    Workers that died, by a cluster's signal or for lack of memory, are replaced, and their batches
    made again.

    Raises:
        DeepginError: a batch cannot be made.
        TrainingError: workers fail again and again.
    """
    attempts = 0
    while True:
        loader: DataLoader[Batch | DeepginError] = DataLoader(
            _Steps(make),
            batch_size=None,
            sampler=itertools.count(first, step),
            num_workers=workers,
            pin_memory=pinned,
            worker_init_fn=_begin_worker,
        )
        try:
            for made in loader:
                if isinstance(made, DeepginError):
                    raise made
                first, attempts = made.position["pictures"], 0
                yield made
        except (RuntimeError, OSError, EOFError) as error:  # what torch raises for a worker gone
            attempts += 1
            if attempts == _ATTEMPTS:
                why = str(error).strip().splitlines()[-1:]
                raise TrainingError(
                    f"the processes that make samples fail: set data.workers below {workers} "
                    f"({''.join(why)})",
                    field="data.workers",
                ) from error


def _begin_worker(number: int) -> None:
    decode_singly()
    # Ctrl-C reaches the whole group of processes, and the trainer decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The default of SIGTERM would raise in the middle of the trainer's step.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    sys.excepthook = _hook


def _hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Show no broken connection: a trainer that stops leaves batches unread."""
    if not issubclass(kind, OSError):
        sys.__excepthook__(kind, error, trace)
