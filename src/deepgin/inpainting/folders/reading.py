"""Reading what belongs to a picture. What the options make of a mask is the inpainter's."""

from collections.abc import Callable
from pathlib import Path
from threading import Lock

import numpy as np

from ...pictures import Document
from ..inputs import as_guidance, as_mask
from ..jobs import Job
from .plan import Task


def reader(threshold: float, guided: bool) -> Callable[[Task], Job]:
    """Return what reads a task's files, in any thread.

    Args:
        threshold: see `Options`.
        guided: whether the network takes a segmentation; those that are there are else not read.
    """
    masks = _Last(lambda path: as_mask(path, threshold))
    guides = _Last(as_guidance)

    def read(task: Task) -> Job:
        pair = task.pair
        return Job(
            Document.open(pair.picture),
            None if pair.mask is None else masks(pair.mask),
            guides(pair.guidance) if guided and pair.guidance else None,
            str(pair.picture),
            str(pair.mask or ""),
        )

    return read


class _Last:
    """Keeps what was read last: one mask may serve for all pictures."""

    def __init__(self, read: Callable[[Path], np.ndarray]) -> None:
        self.read, self.lock = read, Lock()
        self.last: tuple[Path | None, np.ndarray] = (None, np.empty(0))

    def __call__(self, path: Path) -> np.ndarray:
        with self.lock:
            known, array = self.last
        if known != path:
            array = self.read(path)
            array.flags.writeable = False
            with self.lock:
                self.last = (path, array)
        return array
