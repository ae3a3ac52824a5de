"""A job's target folder: one process at a time, one way of filling, nothing left of the dead."""

import os
import re
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

from ... import locks
from ...errors import DeepginError, PictureError, UsageError
from ...pictures import provenance_of
from .names import shown
from .plan import Plan


def held(target: Path, shard: tuple[int, int]) -> AbstractContextManager[None]:
    """Make the folder and hold it against a second process with the same shard.

    Raises:
        DeepginError: another process holds it, or it cannot be written.
    """
    path = target / f".deepgin-{shard[0]}-of-{shard[1]}.lock"
    taken = DeepginError(
        f"another deepgin is filling {shown(target)}: wait for it, or divide the work with --shard"
    )
    return locks.held(path, taken)


def check_alike(plan: Plan, told: dict[str, Any]) -> None:
    """Refuse to go on where the first result that is there says that it was made otherwise.

    One is looked at alone, since each must be decoded. One that says nothing is taken for done.

    Args:
        plan: what is to be done.
        told: see `provenance`.

    Raises:
        UsageError: it has other weights, sharpness or options.
    """
    there = (task.target for group in plan.groups for task in group if os.path.isfile(task.target))
    if (first := next(there, None)) is None:
        return
    try:
        before = provenance_of(first)
    except PictureError:
        return
    ways = ("weights", "sharpness", "options")
    if before and (other := [way for way in ways if before.get(way) != told.get(way)]):
        raise UsageError(
            f"{shown(first)} was made otherwise (other {', '.join(other)}): choose another "
            "folder, or add --overwrite"
        )


def remove_leftovers(plan: Plan) -> None:
    """Remove the temporary files of `whole_file` that a killed process left of a plan's tasks.

    Those that may be another shard's, being written at this moment, stay.
    """
    mine = {_key(task.target) for group in plan.groups for task in group}
    keys = mine - {_key(task.target) for task in plan.others}
    for folder in {key[0] for key in keys}:
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in [*entries]:
                found = re.fullmatch(r"\.(.*)\.[0-9a-f]{8}(\.[^.]+)", entry.name, re.DOTALL)
                if found and (folder, found[1], found[2]) in keys:
                    os.unlink(entry.path)


def _key(path: Path) -> tuple[Path, str, str]:
    """Return the folder of a target's temporary file, and the parts of its name that are known."""
    return path.parent, path.stem[:40], path.suffix
