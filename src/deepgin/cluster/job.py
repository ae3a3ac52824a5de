"""A whole job: what is done already, handing out the rest, and the manifest of all. No Ray here."""

import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, TypeAlias

from ..errors import DeepginError, UsageError, WeightsError
from ..inpainting import Inpainter
from ..inpainting.folders import shown
from ..locks import held
from ..weights import local_path
from .manifests import (
    MANIFEST,
    SUMMARY,
    TAR,
    Report,
    agreed,
    as_bytes,
    differences,
    read_manifest,
    summary_of,
)
from .places import Place
from .request import Request
from .units import Plan, Unit, plan_units
from .work import Order

_ASKING = 16
LOST = (
    "the processes that filled it died again and again: look into Ray's logs, and run the same "
    "command again (less memory is needed with a smaller --pictures-per-unit or --fit crop)"
)

Hand: TypeAlias = Callable[[Order, bytes | None, list[Unit]], Iterator[Report]]
"""Hands units to workers, with the content of the weights file, and gives reports as they come."""


class Watcher(Protocol):
    """Is told of a job as it goes on."""

    def note(self, text: str) -> None:
        """Hear what must be said before work starts."""

    def begin(self, units: int, skipped: int) -> None:
        """Hear how many units are to be filled, and how many were done before."""

    def unit(self, report: Report) -> None:
        """Hear what a unit came to."""

    def end(self) -> None:
        """Hear that no more will come, whether all is done or not."""


@dataclass
class Summary:
    """What a job came to.

    Attributes:
        filled: pictures that were filled.
        skipped: pictures that had been filled before.
        failed: name and reason of pictures, and of shards that could not be read or written.
        target: the folder of results, as it can be shown.
    """

    filled: int = 0
    skipped: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    target: str = ""


def fill_all(request: Request, hand: Hand, watcher: Watcher) -> Summary:
    """Fill a source's pictures; a failure does not stop the rest.

    Every picture of a unit that could be read stands in exactly one manifest, filled or failed,
    whatever dies meanwhile: a unit is done when its manifest is there, which is written last.

    Raises:
        UsageError: the request does not work, or the target has results of another request.
        DeepginError: source or target cannot be reached, or another job fills the same folder.
    """
    request, weights = _checked_weights(request)
    plan = plan_units(request)
    order = Order(request, request.told(), plan.one_mask)
    target = Place(request.target)
    with _alone(target):
        _remove_leftovers(target, plan)
        reports = _done(plan, order, target, watcher)
        todo = [unit for unit in plan.units if unit.name not in reports]
        for note in plan.notes:
            watcher.note(note)
        watcher.begin(len(todo), len(reports))
        _write_summary(target, order, reports, complete=False)
        try:
            for report in hand(order, weights, todo) if todo else ():
                reports[report.unit] = report
                watcher.unit(report)
            for unit in todo:
                if unit.name not in reports:
                    reports[unit.name] = Report(unit.name, LOST)
                    watcher.unit(reports[unit.name])
        finally:
            watcher.end()
            _remove_leftovers(target, plan)  # of workers that died in the middle of a file
        every = not any(report.error for report in reports.values())
        _write_summary(target, order, reports, complete=every)
    return _summed(reports, plan, target)


def _checked_weights(request: Request) -> tuple[Request, bytes | None]:
    """Return the weights' content, after trying them here rather than first on a hundred machines.

    Of an address they are the file that it leads to now, for all workers.
    """
    if request.weights is not None:
        request = replace(request, weights=str(local_path(request.weights)))
    inpainter = Inpainter(
        request.weights, device="cpu", sharpness=request.sharpness, options=request.options
    )
    if inpainter.guided:
        raise UsageError("these weights need guidance pictures, which a cluster job does not take")
    if request.weights is None:
        return request, None
    try:
        return request, Path(request.weights).read_bytes()
    except OSError as error:
        raise WeightsError(f"{request.weights} cannot be read: {error.strerror}") from error


def _alone(target: Place) -> AbstractContextManager[None]:
    """Hold a target of this machine; of others, two jobs at a time write the same bytes twice."""
    if not target.local:
        return nullcontext()
    path = target.local / ".deepgin-cluster.lock"
    taken = DeepginError(f"another deepgin cluster is filling {target.shown}: wait for it")
    return held(path, taken)


def _remove_leftovers(target: Place, plan: Plan) -> None:
    """Remove what `whole_file` was writing when a process was killed."""
    if not target.local:
        return
    for folder in {(target.local / unit.name).parent for unit in plan.units} | {target.local}:
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in [*entries]:
                if re.fullmatch(r"\..*\.[0-9a-f]{8}\.(tar|json)", entry.name, re.DOTALL):
                    os.unlink(entry.path)


def _done(plan: Plan, order: Order, target: Place, watcher: Watcher) -> dict[str, Report]:
    """Return what is done; what is to be done again loses its manifest, the mark that it is."""
    request, present = order.request, target.files()
    unknown = {name.removesuffix(MANIFEST) for name in present if name.endswith(MANIFEST)}
    unknown -= {unit.name for unit in plan.units}
    if unknown:
        watcher.note(
            f"{target.shown} has results of {len(unknown)} units that the source does not have, "
            f"such as {shown(min(unknown))}{TAR}: {SUMMARY} leaves them out"
        )

    def look(unit: Unit) -> tuple[list[str], Report | None]:
        manifest = read_manifest(target, unit.name)
        tar = present.get(unit.name + TAR)
        if not manifest:
            return [], None
        return differences(manifest, order.told), agreed(unit, manifest, tar.bytes if tar else -1)

    units = [unit for unit in plan.units if unit.name + MANIFEST in present]
    with ThreadPoolExecutor(_ASKING) as pool:
        seen = dict(zip(units, pool.map(look, units), strict=True))
    other = next((keys for keys, _ in seen.values() if keys), [])
    if other and not request.overwrite:
        raise UsageError(
            f"{target.shown} has results of another request (other {', '.join(other)}): choose "
            "another folder, or add --overwrite"
        )
    done, changed = {}, 0
    for unit, (_, report) in seen.items():
        if report and not request.overwrite and not (request.retry_failed and report.failed):
            done[unit.name] = replace(report, before=True)
        else:
            changed += report is None
            target.child(unit.name + MANIFEST).remove()
    if changed and not request.overwrite:
        watcher.note(f"{changed} units have changed since they were filled: they are filled again")
    return done


def _write_summary(
    target: Place, order: Order, reports: dict[str, Report], *, complete: bool
) -> None:
    target.child(SUMMARY).write(as_bytes(summary_of(order.told, reports, complete=complete)))


def _summed(reports: dict[str, Report], plan: Plan, target: Place) -> Summary:
    made = Summary(target=target.shown)
    for unit in plan.units:
        report = reports[unit.name]
        if report.error:
            made.failed.append((unit.name, report.error))
            continue
        made.failed += report.failed
        if report.before:
            made.skipped += report.filled
        else:
            made.filled += report.filled
    return made
