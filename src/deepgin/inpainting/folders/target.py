"""The target folder of a job: its lock, how its pictures were made, leftovers of killed processes."""

import json
import os
import re
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ... import files
from ...console import shown
from ...errors import DeepginError, PictureError, UsageError
from ...pictures import provenance_of
from ...version import __version__
from ...weights import Model, file_hash, sharpness_of
from ..options import Options
from ..textured import wants_texture
from .plan import FolderPlan


def held(target: Path, shard: tuple[int, int]) -> AbstractContextManager[None]:
    """Make the folder and hold it against a second process with the same shard.

    Raises:
        DeepginError: another process holds it, or it cannot be written.
    """
    path = target / f".deepgin-{shard[0]}-of-{shard[1]}.lock"
    taken = DeepginError(
        f"another deepgin is filling {shown(target)}",
        field="shard",
        mend="wait for it, or divide the work with {shard}",
    )
    return files.held(path, taken)


def described(options: Options) -> dict[str, Any]:
    """Return options as JSON reads them back, to be compared with what a file says."""
    read: dict[str, Any] = json.loads(json.dumps(asdict(options)))
    return read


def provenance(model: Model, options: Options) -> dict[str, Any]:
    """Return version, weights' hash, their sharpness or contract if they have one, and options.

    Of the options those that are not the usual ones.

    Raises:
        UsageError: the model has no file; WeightsError, UsageError: as for `sharpness_of`.
    """
    usual, path = described(Options()), model.file()
    if path is None:
        raise UsageError("a generator has no weights file to name", field="weights")
    if wants_texture(options):
        model = model.softened()
    sharpness = sharpness_of(path, model.sharpness)
    return {
        "software": f"deepgin {__version__}",
        "weights": f"sha256:{file_hash(path)}",
        **({} if sharpness is None else {"sharpness": sharpness}),
        **({"contract": contract} if (contract := model.stated().contract) else {}),
        "options": {k: v for k, v in described(options).items() if v != usual[k]},
    }


def check_alike(plan: FolderPlan, expected: dict[str, Any]) -> None:
    """Refuse to go on where the first result that is there says that it was made otherwise.

    One is looked at alone, since each must be decoded. One that says nothing is taken for done.

    Args:
        plan: what is to be done.
        expected: see `provenance`.

    Raises:
        UsageError: it has other weights, contract, sharpness or options.
    """
    there = (task.target for group in plan.groups for task in group if os.path.isfile(task.target))
    if (first := next(there, None)) is None:
        return
    try:
        before = provenance_of(first)
    except PictureError:
        return
    ways = ("weights", "contract", "sharpness", "options")
    if before and (other := [way for way in ways if before.get(way) != expected.get(way)]):
        raise UsageError(
            f"{shown(first)} was made with other {', '.join(other)}",
            field="overwrite",
            mend="choose another folder, or use {overwrite=true}",
        )


def remove_leftovers(plan: FolderPlan) -> None:
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
