"""The processes of a run: their ranks, averages and messages, and the signals that stop them.

A single process needs no messages. Several are started by lightning-fabric, torchrun or SLURM.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self, TypeVar

import torch
from torch import Tensor

from ..errors import TrainingError
from .data import Share

T = TypeVar("T")

_STARTER = "DEEPGIN_STARTER"
"""The variable that tells a process which one started it, though that one may be gone already."""

_GRACE = 30.0
"""Seconds that a process has to end by itself once the one that started it is gone."""


class Ranks:
    """A process among those of the run: its share of every step, and its device."""

    def __init__(self, share: Share, device: torch.device) -> None:
        self.share, self.device = share, device

    @property
    def first(self) -> bool:
        """Whether this is the process that writes and speaks."""
        return self.share.rank == 0

    @property
    def alone(self) -> bool:
        return self.share.ranks == 1

    @torch.no_grad()
    def average(self, tensors: list[Tensor]) -> None:
        """Replace each tensor by its mean over all processes, in one exchange a type."""
        if self.alone:
            return
        for dtype in dict.fromkeys(tensor.dtype for tensor in tensors):
            group = [tensor for tensor in tensors if tensor.dtype == dtype]
            flat = torch.cat([tensor.reshape(-1) for tensor in group])
            with _others():
                torch.distributed.all_reduce(flat)
            flat /= self.share.ranks
            parts = flat.split([tensor.numel() for tensor in group])
            for tensor, part in zip(group, parts, strict=True):
                tensor.copy_(part.view_as(tensor))

    def gather(self, position: dict[str, int]) -> list[dict[str, int]]:
        """Return the positions of all processes, by rank; their keys are the same."""
        if self.alone:
            return [position]
        mine = torch.tensor([*position.values()], dtype=torch.int64, device=self.device)
        all_of_them = [torch.empty_like(mine) for _ in range(self.share.ranks)]
        with _others():
            torch.distributed.all_gather(all_of_them, mine)
        return [dict(zip(position, other.tolist(), strict=True)) for other in all_of_them]

    def wait(self) -> None:
        """Wait until all processes are here."""
        if not self.alone:
            with _others():
                torch.distributed.barrier()


@contextmanager
def _others() -> Iterator[None]:
    """Raise a one-line error when another process is gone."""
    try:
        yield
    except RuntimeError as error:
        raise TrainingError(
            "another process of the run has ended or cannot be reached (its own message, if it has "
            "one, says why): start the run again to go on"
        ) from error


def start_ranks(device: torch.device, devices: int, nodes: int) -> Ranks:
    """Start the run's other processes, or join those that torchrun or SLURM started.

    Args:
        device: what the recipe chose; of several GPUs each process gets its own.
        devices: processes on this machine.
        nodes: machines.

    Raises:
        TrainingError: several processes are asked for and lightning-fabric is not installed, or
            they cannot be started.
    """
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if devices * nodes == 1:
        if world == 1:
            return Ranks(Share(), device)
        devices = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))  # torchrun knows
        nodes = world // devices
    try:
        from lightning_fabric import Fabric
    except ImportError as error:
        raise TrainingError(
            "several processes need lightning-fabric: pip install 'deepgin[train]'"
        ) from error
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    if int(os.environ.get("LOCAL_RANK", "0")):
        _end_after(int(os.environ.get(_STARTER, os.getppid())))
    else:
        os.environ[_STARTER] = str(os.getpid())
    try:
        fabric: Any = Fabric(
            accelerator=device.type, devices=devices, num_nodes=nodes, strategy="ddp"
        )
        fabric.launch()
    except (RuntimeError, ValueError) as error:
        raise TrainingError(
            f"{devices} processes on each of {nodes} machines cannot be started: {error}"
        ) from error
    return Ranks(Share(fabric.global_rank, fabric.world_size), fabric.device)


def _end_after(parent: int) -> None:
    """End this process some time after the one that started it, which may have been killed.

    It would wait for half an hour for that one to appear, or on GPUs to answer.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        time.sleep(_GRACE)
        os._exit(1)

    threading.Thread(target=watch, name="parent watcher", daemon=True).start()


class Stopped(Exception):
    """Raised where a run that must stop does something it need not finish; the loop catches it."""


class StopSignals:
    """Within it, SIGTERM and Ctrl-C only ask for the end.

    A step at hand is finished first. Waiting for data is not: a source may hang for ever. Where
    several processes wait for each other, all must stop at the same step, so there only a second
    signal ends the waiting.

    Attributes:
        alone: whether there is no other process in the run.
        asked: whether this process got a signal to stop.
    """

    def __init__(self, alone: bool = True) -> None:
        self.alone, self.asked, self._waiting = alone, False, False
        self._before: dict[int, object] = {}

    def __enter__(self) -> Self:
        # Python allows only the main thread to set handlers.
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
        """Yield what `source` yields; a signal while it is waited for raises `Stopped`."""
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
