"""Making batches in worker processes, in order."""

import itertools
import os
import signal
import sys
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Protocol

from torch.utils.data import DataLoader, Dataset

from ...errors import DeepginError, TrainingError
from .batch import Batch

_ATTEMPTS = 3


class BatchMaker(Protocol):
    """What workers run: batches by number, in steps of so many pictures."""

    pinned: bool

    @property
    def step(self) -> int: ...

    def batch(self, first: int) -> Batch: ...


class _Steps(Dataset):
    """The batches by their first picture. An error is handed over as a value.

    Raised in a worker, it would come out with the worker's traceback in its message.
    """

    def __init__(self, make: Callable[[int], Batch]) -> None:
        self.make = make

    def __getitem__(self, first: int) -> Batch | DeepginError:
        try:
            return self.make(first)
        except DeepginError as error:
            return error


def from_processes(maker: BatchMaker, first: int, workers: int) -> Iterator[Batch]:
    """Yield the batches from picture `first` on, made by `workers` processes.

    Workers that died, by a cluster's signal or for want of memory, are replaced: what they were
    making can be made again.

    Raises:
        DeepginError: a batch cannot be made; TrainingError: workers fail again and again.
    """
    attempts = 0
    while True:
        loader: DataLoader[Batch | DeepginError] = DataLoader(
            _Steps(maker.batch),
            batch_size=None,
            sampler=itertools.count(first, maker.step),
            num_workers=workers,
            pin_memory=maker.pinned,
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
                    f"({''.join(why)})"
                ) from error


def _begin_worker(number: int) -> None:
    # Ctrl-C reaches the whole group of processes; what it means is for the trainer to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # An end by a signal's default would raise in the middle of the trainer's step.
    signal.signal(signal.SIGTERM, _leave)
    sys.excepthook = _hook


def _hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Show no broken connection: a trainer that stops leaves batches unread."""
    if not issubclass(kind, OSError):
        sys.__excepthook__(kind, error, trace)


def _leave(number: int, frame: object) -> None:
    os._exit(0)
