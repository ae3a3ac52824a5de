"""Planning a folder job: names of results, groups, and checks before work starts."""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...console import shown
from ...errors import DeepginError, Note, UsageError
from ...files import folds_case
from ...pictures import check_target
from ...pictures.tree import Failure, base
from .pairing import Pair, Pairs

GROUP = 16
GROUP_BYTES = 8 << 20


@dataclass(frozen=True)
class JobOptions:
    """How the results of a folder are named and written.

    Attributes:
        overwrite: write what exists again.
        suffix: comes after the stem of every result.
        format: the ending of every result ("png"); empty keeps each picture's own.
        quality: 0 to 100, for formats that take one; None keeps a JPEG's own.
        provenance: what is written into every result's metadata; None writes nothing.
        shard: which of how many machines this is, from 1.

    Raises:
        UsageError: a value that does not work.
    """

    overwrite: bool = False
    suffix: str = ""
    format: str = ""
    quality: int | None = None
    provenance: dict | None = None
    shard: tuple[int, int] = (1, 1)

    def __post_init__(self) -> None:
        number, count = self.shard
        if not 1 <= number <= count:
            raise UsageError(
                f"a shard of {number}/{count} does not work",
                field="shard",
                mend=f"1/{count} is the first",
            )
        if set(self.suffix) & {"/", os.sep, "\0"}:
            raise UsageError(
                f"a suffix of '{self.suffix}' does not work",
                field="suffix",
                mend="no folders in it",
            )
        if self.format:
            check_target(f"picture{self.ending}")
        if self.quality is not None and not 0 <= self.quality <= 100:
            raise UsageError(
                f"a quality of {self.quality} does not work", field="quality", mend="0 to 100"
            )

    @property
    def ending(self) -> str:
        """The ending of every result with its dot, or nothing."""
        return f".{self.format.removeprefix('.')}" if self.format else ""


@dataclass(frozen=True)
class Task:
    """A pair and the file that its result becomes."""

    pair: Pair
    target: Path


@dataclass
class FolderPlan:
    """The tasks of a folder job.

    Attributes:
        groups: of tasks, of this shard; they depend on the listing alone, so that a run that was
            interrupted makes the same batches as one that was not.
        others: the tasks of other shards.
        failed: what cannot be paired, or written under its name, and why.
    """

    groups: list[list[Task]] = field(default_factory=list)
    others: list[Task] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)


def parse_shard(text: str) -> tuple[int, int]:
    """Return `i/n` as two numbers.

    Raises:
        UsageError: it is something else.
    """
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if not found:
        raise UsageError(
            f"a shard of {text} does not work", field="shard", mend="1/4 is the first of four"
        )
    return int(found[1]), int(found[2])


def check_folders(source: Path, target: Path, masks: Path | None = None) -> None:
    """Refuse a target that is a file or a folder of inputs.

    A target inside the source is fine: `find_pairs` leaves it out.

    Raises:
        UsageError: see above.
    """
    if os.path.exists(target) and not target.is_dir():
        raise UsageError(
            f"{shown(target)} is a file", mend="name a folder for the results of a folder"
        )
    for place in (source, masks):
        if place is not None and place.is_dir() and target.resolve() == place.resolve():
            raise UsageError(f"{shown(target)} is also an input", mend="choose another folder")


def plan(pairs: Pairs, target: Path, options: JobOptions) -> FolderPlan:
    """Name the results below `target` and put the pairs into groups.

    Raises:
        UsageError: two results would have the same name, or a result that of an input.
    """
    made = FolderPlan(failed=[*pairs.failed])
    tasks = []
    for pair in pairs.pairs:
        name = result_name(pair.inside, options)
        if why := unwritable(target / name):
            made.failed.append((pair.name, why))
        else:
            tasks.append(Task(pair, target / name))
    _check_collisions(tasks, folded=folds_case(target))
    _check_inputs(tasks)
    number, count = options.shard
    for index, group in enumerate(groups(tasks)):
        if index % count == number - 1:
            made.groups.append(group)
        else:
            made.others += group
    return made


def result_name(inside: Path, options: JobOptions) -> Path:
    """Return the path, below the target, of what a picture becomes."""
    return inside.with_name(f"{base(inside.stem)}{options.suffix}{options.ending or inside.suffix}")


def unwritable(target: Path) -> Note | None:
    """Return why no picture can be written under this name, or None."""
    try:
        check_target(target)
    except DeepginError as error:
        mend = f"{error.mend}, or use {{format=png}}" if error.mend else "{format=png} writes PNG"
        return Note(error.problem, mend=mend)
    return None


def groups(tasks: Iterable[Task]) -> Iterable[list[Task]]:
    """Cut the tasks into groups of bounded number and file size, which are filled together."""
    group: list[Task] = []
    size = 0
    for task in tasks:
        if group and (len(group) == GROUP or size + task.pair.bytes > GROUP_BYTES):
            yield group
            group, size = [], 0
        group.append(task)
        size += task.pair.bytes
    if group:
        yield group


def _check_collisions(tasks: Sequence[Task], folded: bool) -> None:
    first: dict[Path, Task] = {}
    for task in tasks:
        name = Path(str(task.target).casefold()) if folded else task.target
        other = first.setdefault(name, task)
        if other is not task:
            raise UsageError(
                f"{other.pair.name} and {task.pair.name} would both become {shown(task.target)}",
                field="format",
                mend="rename one, or leave {format} out",
            )
    for name, task in first.items():
        for folder in name.parents:
            if folder in first:
                raise UsageError(
                    f"{first[folder].pair.name} would become {shown(folder)}, which is the folder "
                    f"of {task.pair.name}",
                    field="format",
                    mend="rename one, or leave {format} out",
                )


def _check_inputs(tasks: Sequence[Task]) -> None:
    """Refuse results that are inputs, by whatever way their path leads there."""
    present = {place: task for task in tasks if (place := _identity(task.target))}
    if not present:
        return
    pairs = [task.pair for task in tasks]
    files = {p for pair in pairs for p in (pair.picture, pair.mask, pair.guidance) if p}
    for path in sorted(files):
        if task := present.get(_identity(path) or (-1, -1)):
            raise UsageError(
                f"{shown(task.target)}, the result of {task.pair.name}, is also an input",
                field="suffix",
                mend="choose another folder, or a {suffix}",
            )


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
