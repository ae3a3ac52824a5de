"""Reading what belongs to a picture. What the options make of a mask is the inpainter's."""

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from ...errors import Note
from ...pictures import Document, Marks
from ..inputs import as_guidance, as_marks
from ..jobs import Job
from .plan import Task

T = TypeVar("T")


def reader(threshold: float, guided: bool) -> Callable[[Task], Job]:
    """Return what reads a task's files, in any thread.

    Args:
        threshold: see `Options`.
        guided: whether the network takes a segmentation; those that are there are else not read.
    """

    def marks_in(path: Path) -> Marks:
        marks = as_marks(path, threshold)
        marks.mask.flags.writeable = False  # one may be of many jobs
        return marks

    masks, guides = _Last(marks_in), _Last(as_guidance)

    def read(task: Task) -> Job:
        pair = task.pair
        mask, note = masks(pair.mask) if pair.mask else (None, Note(""))
        return Job(
            Document.open(pair.picture),
            mask,
            guides(pair.guidance) if guided and pair.guidance else None,
            str(pair.picture),
            str(pair.mask or ""),
            note,
        )

    return read


class _Last(Generic[T]):
    """Keeps what was read last: one mask may serve for all pictures."""

    def __init__(self, read: Callable[[Path], T]) -> None:
        self.read, self.lock = read, Lock()
        self.last: tuple[Path, T] | None = None

    def __call__(self, path: Path) -> T:
        with self.lock:
            last = self.last
        if last is None or last[0] != path:
            last = (path, self.read(path))
            with self.lock:
                self.last = last
        return last[1]
