"""Filling the groups of a plan: threads read ahead, this thread fills, threads write."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from threading import Lock
from typing import Generic, TypeAlias, TypeVar

from ...console import Watcher
from ...errors import DeepginError, Note
from ...files import make_folder
from ...pictures import Document, Failure, Marks
from ..inpainter import Result
from ..inputs import Job, as_guidance, as_marks
from .plan import FolderPlan, JobOptions, Task

GROUPS_AHEAD = 2
THREADS = min(4, os.cpu_count() or 1)

T = TypeVar("T")
Read: TypeAlias = Callable[[Task], Job]
Fill: TypeAlias = Callable[[list[Job]], Sequence[Result]]


@dataclass
class FolderSummary:
    """How many pictures were written now and before, which failed and why, and the first error."""

    done: int = 0
    skipped: int = 0
    failed: list[Failure] = field(default_factory=list)
    error: Exception | None = None


def run(
    plan: FolderPlan, read: Read, fill: Fill, options: JobOptions, watcher: Watcher
) -> FolderSummary:
    """Fill and write all pictures of a plan that are not done; a failure does not stop the rest.

    A group that is not finished is redone whole, but what is there is kept. `read` is called in
    several threads, `fill` in this one.
    """
    tasks = [*chain.from_iterable(plan.groups)]
    todo = {t for t in tasks if options.overwrite or not os.path.isfile(t.target)}
    summary = FolderSummary(skipped=len(tasks) - len(todo), failed=[*plan.failed])
    watcher.begin(len(todo) + len(plan.failed), summary.skipped)
    for name, why in plan.failed:
        watcher.failed(name, why)
    running = _Run(todo, fill, options, watcher, summary)
    try:
        with _threads() as reading, _threads() as writing:
            groups = (group for group in plan.groups if not todo.isdisjoint(group))
            for group in _ahead(reading, read, groups):
                running.pass_on(group, writing)
            running.settle(0)
    finally:
        watcher.end()
    return summary


def reason(error: Exception) -> Note:
    """Return why something failed, in one line."""
    if isinstance(error, DeepginError):
        return Note(" ".join(error.problem.split()), mend=error.mend)
    text = " ".join(str(error).split()) or "no message"
    return Note(f"{type(error).__name__}: {text}", mend="{debug=true} shows where")


@dataclass
class _Run:
    todo: set[Task]
    fill: Fill
    options: JobOptions
    watcher: Watcher
    summary: FolderSummary
    writes: deque[tuple[Task, str, Future]] = field(default_factory=deque)

    def pass_on(self, group: list[tuple[Task, Future]], writing: ThreadPoolExecutor) -> None:
        """Fill what was read of a group, and hand it to the writers."""
        tasks, jobs = [], []
        for task, future in group:
            try:
                jobs.append(future.result())
                tasks.append(task)
            except Exception as error:  # noqa: BLE001, it is listed at the end
                self.fail(task, error)
        for task, result in zip(tasks, self.fill_each(tasks, jobs), strict=True):
            if result is not None and task in self.todo:
                for warning in result.warnings:
                    self.watcher.note(task.pair.name, warning)
                future = writing.submit(self.write, task, result.document, result.fit)
                self.writes.append((task, result.fit, future))
        # As many as this group has, so that fewer large pictures are held than small ones.
        self.settle(len(group))

    def fill_each(self, tasks: list[Task], jobs: list[Job]) -> list[Result | None]:
        """Fill a group; if that fails, its halves, so that the one to blame fails alone."""
        if not jobs:
            return []
        try:
            return [*self.fill(jobs)]
        except Exception as error:  # noqa: BLE001, it is listed at the end
            if len(jobs) == 1:
                self.fail(tasks[0], error)
                return [None]
        half = len(jobs) // 2
        first = self.fill_each(tasks[:half], jobs[:half])
        return first + self.fill_each(tasks[half:], jobs[half:])

    def write(self, task: Task, document: Document, fit: str) -> tuple[str, ...]:
        """Write a result; in another thread."""
        make_folder(task.target.parent)
        options = self.options
        return document.save(
            task.target,
            quality=options.quality,
            overwrite=options.overwrite,
            provenance=options.provenance and options.provenance | {"fit": fit},
        )

    def settle(self, pending: int) -> None:
        """Wait until at most so many writes are pending, and take note of those that are done."""
        while self.writes and (len(self.writes) > pending or self.writes[0][2].done()):
            task, fit, future = self.writes.popleft()
            try:
                for note in future.result():
                    self.watcher.note(task.pair.name, note)
            except Exception as error:  # noqa: BLE001, it is listed at the end
                self.fail(task, error)
            else:
                self.summary.done += 1
                self.watcher.filled(task.pair.name, fit)

    def fail(self, task: Task, error: Exception) -> None:
        """Take note of a failure, unless the picture was only redone for its group's sake."""
        if task not in self.todo:
            return
        self.summary.error = self.summary.error or error
        self.summary.failed.append((task.pair.name, reason(error)))
        self.watcher.failed(*self.summary.failed[-1])


@contextmanager
def _threads() -> Iterator[ThreadPoolExecutor]:
    """Yield threads that end with the block. On an interrupt each ends after its current task."""
    pool = ThreadPoolExecutor(THREADS)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _ahead(
    reading: ThreadPoolExecutor, read: Read, groups: Iterable[list[Task]]
) -> Iterator[list[tuple[Task, Future]]]:
    """Yield groups that are being read, GROUPS_AHEAD of them at a time."""
    begun = ([(task, reading.submit(read, task)) for task in group] for group in groups)
    queue = deque(islice(begun, GROUPS_AHEAD))
    while queue:
        queue.extend(islice(begun, 1))
        yield queue.popleft()


def reader(threshold: float, guided: bool) -> Callable[[Task], Job]:
    """Return a function that reads a task's files, in any thread; a segmentation only if guided."""

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
    """Caches the file that was read last: one mask may serve for all pictures."""

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
