"""A whole job: skipping units that are done, filling the others, the manifest of all. Without Ray."""

import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Protocol, TypeAlias

from ..console import shown
from ..errors import DeepginError, Note, UsageError, WeightsError
from ..files import held
from ..inpainting import Inpainter
from ..inpainting.folders import FolderSummary
from ..runtimes.onnx import plain_session
from .places import Place
from .request import (
    JOB_MANIFEST,
    MANIFEST,
    TAR,
    ClusterRequest,
    Order,
    UnitReport,
    as_bytes,
    job_manifest,
    read_manifest,
)
from .tars import scratch
from .units import THREADS, Unit, UnitPlan, plan_units

LOST = Note(
    "the processes that filled it died again and again: look into Ray's logs, and run the same "
    "command again",
    mend="a smaller {pictures_per_unit} and {fit=crop} need less memory",
)

Hand: TypeAlias = Callable[[Order, bytes | None, list[Unit]], Iterator[UnitReport]]
"""Hands units to workers, with the content of the weights file, and yields reports as they come."""


class Watcher(Protocol):
    """Follows a job."""

    def note(self, text: str) -> None:
        """Take a warning before work starts."""

    def begin(self, units: int, skipped: int) -> None:
        """Take the number of units to fill, and of those that were done before."""

    def unit(self, report: UnitReport) -> None:
        """Take the outcome of a unit."""

    def end(self) -> None:
        """Take notice that work has ended, complete or not."""


def fill_all(request: ClusterRequest, hand: Hand, watcher: Watcher) -> FolderSummary:
    """Fill a source's pictures; a failure does not stop the rest.

    The summary counts pictures; shards that could not be read or written are among the failed.
    Every picture of a unit that could be read is in exactly one manifest, filled or failed,
    whatever dies meanwhile: a unit is done when its manifest is there, which is written last.

    Raises:
        UsageError: the request does not work, or the target has results of another request.
        DeepginError: source or target cannot be reached, or another job fills the same folder.
    """
    request, weights = _checked_weights(request)
    plan = plan_units(request)
    order = Order(request, request.to_dict(), plan.one_mask)
    target = Place(request.target)

    def write_manifest(complete: bool) -> None:
        manifest = job_manifest(order.described, reports, complete=complete)
        target.child(JOB_MANIFEST).write(as_bytes(manifest))

    with _alone(target):
        _remove_leftovers(target, plan)
        reports = _done(plan, order, target, watcher)
        todo = [unit for unit in plan.units if unit.name not in reports]
        for note in plan.notes:
            watcher.note(note)
        watcher.begin(len(todo), len(reports))
        write_manifest(complete=False)
        try:
            for report in hand(order, weights, todo) if todo else ():
                reports[report.unit] = report
                watcher.unit(report)
            for unit in todo:
                if unit.name not in reports:
                    reports[unit.name] = UnitReport(unit.name, LOST)
                    watcher.unit(reports[unit.name])
        finally:
            watcher.end()
            _remove_leftovers(target, plan)  # of workers that died while writing a file
        write_manifest(complete=not any(report.error for report in reports.values()))
    summary = FolderSummary()
    for unit in plan.units:
        report = reports[unit.name]
        summary.failed += [(unit.name, report.error)] if report.error else report.failed
        summary.skipped += report.filled if report.before else 0
        summary.done += 0 if report.before else report.filled
    return summary


def _checked_weights(request: ClusterRequest) -> tuple[ClusterRequest, bytes | None]:
    """Return the content of the weights file, which is tried here first, once for all workers."""
    path = None if request.model.weights is None else request.model.file()
    if path:
        # Workers get the file alone, without the YAML file that may be beside it.
        model = replace(request.model, weights=path).stated()
        request = replace(request, model=model)
    if Inpainter(replace(request.model, device="cpu"), options=request.options).guided:
        raise UsageError(
            "these weights need guidance pictures, which a cluster job does not take",
            field="weights",
        )
    try:
        weights = path.read_bytes() if path else None
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror}") from error
    if path and weights and path.suffix == ".onnx":
        _check_alone(path, weights)
    return request, weights


def _check_alone(path: Path, content: bytes) -> None:
    """Refuse an ONNX file that needs others beside it, which workers do not get."""
    with scratch() as folder:
        alone = folder / path.name
        alone.write_bytes(content)
        try:
            plain_session(alone)
        except WeightsError as error:
            raise WeightsError(
                f"{path} has its weights in another file, which workers do not get",
                field="weights",
                mend="save it as one file",
            ) from error


def _alone(target: Place) -> AbstractContextManager[None]:
    """Lock a target of this machine. On remote storage two jobs write the same bytes."""
    if not target.local:
        return nullcontext()
    taken = DeepginError(f"another deepgin cluster is filling {target.shown}", mend="wait for it")
    return held(target.local / ".deepgin-cluster.lock", taken)


def _remove_leftovers(target: Place, plan: UnitPlan) -> None:
    """Remove what `whole_file` was writing when a process was killed."""
    if not target.local:
        return
    for folder in {(target.local / unit.name).parent for unit in plan.units} | {target.local}:
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in [*entries]:
                if re.fullmatch(r"\..*\.[0-9a-f]{8}\.(tar|json)", entry.name, re.DOTALL):
                    os.unlink(entry.path)


def _done(plan: UnitPlan, order: Order, target: Place, watcher: Watcher) -> dict[str, UnitReport]:
    """Return the reports of units that are done. Others lose their manifest, the mark of done."""
    request, present = order.request, target.files()
    overwrite = request.writing.overwrite
    unknown = {name.removesuffix(MANIFEST) for name in present if name.endswith(MANIFEST)}
    unknown -= {unit.name for unit in plan.units}
    if unknown:
        watcher.note(
            f"{target.shown} has results of {len(unknown)} units that the source does not have, "
            f"such as {shown(min(unknown))}{TAR}: {JOB_MANIFEST} leaves them out"
        )

    def look(unit: Unit) -> tuple[list[str], UnitReport | None]:
        """Return what its request has otherwise, and its report if it is done."""
        manifest = read_manifest(target, unit.name)
        if not manifest:
            return [], None
        other = [k for k, v in order.described.items() if manifest["request"].get(k) != v]
        tar = present.get(unit.name + TAR)
        whole = tar and manifest["results"]["bytes"] == tar.bytes
        done = whole and manifest["content"] == unit.content
        return other, UnitReport.of(manifest, before=True) if done else None

    units = [unit for unit in plan.units if unit.name + MANIFEST in present]
    with ThreadPoolExecutor(THREADS) as pool:
        seen = dict(zip(units, pool.map(look, units), strict=True))
    other = next((keys for keys, _ in seen.values() if keys), [])
    if other and not overwrite:
        raise UsageError(
            f"{target.shown} has results of another request (other {', '.join(other)})",
            field="overwrite",
            mend="choose another folder, or use {overwrite=true}",
        )
    done, changed = {}, 0
    for unit, (_, report) in seen.items():
        if report and not overwrite and not (request.retry_failed and report.failed):
            done[unit.name] = report
        else:
            changed += report is None
            target.child(unit.name + MANIFEST).remove()
    if changed and not overwrite:
        watcher.note(f"{changed} units have changed since they were filled: they are filled again")
    return done
