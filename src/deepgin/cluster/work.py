"""A worker: it holds the network and fills unit after unit. Without Ray."""

import errno
import logging
import os
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from ..console import Watcher, shown
from ..errors import DeepginError, Note, on_command_line, spelled
from ..inpainting import Inpainter, Job, Options, Result
from ..inpainting.folders import FolderPlan, Pair, Task, provenance, run
from ..inpainting.folders.plan import groups, result_name, unwritable
from ..inpainting.textured import wants_texture
from ..pictures import Document, Marks, read_marks
from .places import Place, PlaceError, public
from .request import MANIFEST, TAR, Order, UnitReport, as_bytes
from .tars import facts, scratch, write_results
from .units import Member, Source, Unit, collisions, opened

_FULL = os.strerror(errno.ENOSPC)


class BrokenWorker(Exception):
    """Nothing can be filled in this process any more: another must take its place."""


class Worker:
    """Fills units.

    Args:
        order: of the job.
        weights: the content of the weights file; None takes the package's own.

    Raises:
        DeepginError: the network or the device cannot be used here, or the package is another.
    """

    def __init__(self, order: Order, weights: bytes | None = None) -> None:
        self.order, request = order, order.request
        with scratch() as folder:
            path = None
            if weights is not None:
                # The suffix says what kind of file it is.
                path = folder / f"weights{Path(str(request.model.weights)).suffix}"
                path.write_bytes(weights)
            model = replace(request.model, weights=path)
            here = provenance(model, request.options)
            for key in ("software", "weights"):
                if here[key] != order.described[key]:
                    raise DeepginError(
                        f"a worker has {here[key]}, the job needs {order.described[key]}",
                        mend="install the same package on all machines",
                    )
            # It opens the file now, while it is there.
            self.inpainter = Inpainter(model, options=request.options)

    def work(self, unit: Unit) -> UnitReport:
        """Fill a unit. A broken device ends the process, so that another one takes the unit."""
        try:
            return fill_unit(unit, self.order, self.inpainter)
        except BrokenWorker as error:
            logging.getLogger(__name__).error("worker ends: %s", public(error))
            os._exit(1)
        except DeepginError as error:
            return UnitReport(unit.name, public(error))
        except Exception as error:  # noqa: BLE001, other units are to go on
            return UnitReport(unit.name, f"{type(error).__name__}: {public(error)}")


def fill_unit(unit: Unit, order: Order, inpainter: Inpainter) -> UnitReport:
    """Fill a unit and write its tar and then its manifest, which names pictures that failed too.

    The same unit gives the same bytes.

    Raises:
        DeepginError: the unit cannot be read or written, or reading broke off; nothing is
            written, or the tar alone.
        BrokenWorker: see there.
    """
    target = Place(order.request.target)
    with scratch() as folder, opened(unit, order, folder) as source:
        pictures, tar = _Filling(source, order, inpainter, folder).run(), folder / "results"
        filled = [record for record in pictures if record["status"] == "filled"]
        write_results(tar, [(record["output"], record["file"]) for record in filled])
        for record in filled:
            record |= facts(record.pop("file"))
        pictures += [_failed(name, why) for name, why in source.names.failed]
        manifest = {
            "unit": unit.name,
            "content": unit.content,
            "request": order.described,
            "results": {"tar": unit.name + TAR} | facts(tar),
            "notes": source.notes,
            "pictures": sorted(pictures, key=lambda record: record["name"]),
        }
        target.child(unit.name + TAR).write(tar)
        target.child(unit.name + MANIFEST).write(as_bytes(manifest))
    return UnitReport.of(manifest)


def _failed(name: str, why: str) -> dict[str, Any]:
    return {"name": name, "status": "failed", "error": public(why)}


class _Filling(Watcher):
    """Runs a folder job over a unit, and records as its watcher what became of each picture.

    The files of results have numbers for names, since a disk may not take a member's name.
    """

    def __init__(self, source: Source, order: Order, inpainter: Inpainter, folder: Path) -> None:
        self.source, self.request, self.inpainter = source, order.request, inpainter
        self.folder = folder
        self.records: dict[str, dict[str, Any]] = {}
        self.entries: dict[str, Member] = {}
        self.tasks: dict[str, Task] = {}
        self.warnings: dict[str, list[str]] = {}
        self.broken: Exception | None = None
        self.mask: Marks | None = None
        self.mask_name = ""
        if order.one_mask:
            self.mask_name = public(self.request.masks)
            self.mask = self._marks(Place(self.request.masks).read(), self.mask_name)

    def run(self) -> list[dict[str, Any]]:
        """Return what the manifest says of each picture; filled ones have their `file`."""
        plan = FolderPlan()
        writing, entries = self.request.writing, self.source.names.entries
        double = {two: (one, name) for one, two, name in collisions(entries, writing)}
        for number, entry in enumerate(entries):
            path = Path(entry.name)
            pair, result = Pair(path, path, bytes=entry.bytes), result_name(path, writing)
            self.entries[pair.name] = entry
            task = Task(pair, self.folder / "out" / f"{number:06}{result.suffix}")
            if entry.name in double:
                one, name = map(shown, double[entry.name])
                plan.failed.append((pair.name, f"would become {name}, as {one} does: rename one"))
            elif why := unwritable(result):
                plan.failed.append((pair.name, why))
            else:
                self.tasks[pair.name] = task
        plan.groups = [*groups(self.tasks.values())]
        run(plan, self._read, self._fill, writing, self)
        for name, warnings in self.warnings.items():
            if self.records[name]["status"] == "filled":
                self.records[name]["warnings"] = warnings
        return [self.records[name] for name in self.entries]

    def _read(self, task: Task) -> Job:
        entry = self.entries[task.pair.name]
        marks, mask_name = self.mask, self.mask_name
        try:
            content = BytesIO(self.source.picture(entry.name))
            if entry.mask:
                mask_name = shown(entry.mask)
                marks = self._marks(self.source.mask(entry.mask), mask_name)
        except PlaceError as error:
            if not error.lasting:
                self.broken = error
            raise
        document = Document.open(content, task.pair.name)
        return Job(
            replace(document, source=task.pair.picture),  # messages name it
            marks and marks.mask,
            name=task.pair.name,
            mask_name=mask_name,
            mask_note=marks.note if marks else Note(""),
        )

    def _marks(self, content: bytes, name: str) -> Marks:
        marks = read_marks(BytesIO(content), self.request.options.threshold, name)
        marks.mask.flags.writeable = False  # one may be of many jobs
        return marks

    def _fill(self, jobs: list[Job]) -> list[Result]:
        if self.broken:
            raise self.broken
        try:
            return self.inpainter.fill_many(jobs)
        except DeepginError:
            raise
        except Exception as error:
            # A picture at fault fails alone; a device at fault must not fail them all.
            if not _works(self.inpainter):
                self.broken = BrokenWorker(f"{type(error).__name__}: {error}")
            raise

    def filled(self, name: str, fit: str) -> None:
        """Record that a picture is filled."""
        entry, file = self.entries[name], self.tasks[name].target
        result = result_name(Path(entry.name), self.request.writing).as_posix()
        record = {"name": entry.name, "status": "filled", "fit": fit}
        self.records[name] = record | {"output": result, "file": file}

    def failed(self, name: str, why: str) -> None:
        """Record that a picture failed, unless the picture is not at fault."""
        if self.broken:
            raise self.broken
        if _FULL in why:
            raise DeepginError(f"{self.folder.parent}: {_FULL}", mend="set TMPDIR to a larger disk")
        self.records[name] = _failed(self.entries[name].name, self._plain(name, why))

    def note(self, name: str, text: str) -> None:
        """Record a warning."""
        (text,) = spelled([text], on_command_line)
        self.warnings.setdefault(name, []).append(public(self._plain(name, text)))

    def _plain(self, name: str, text: str) -> str:
        """Return a text with the picture's name in place of its result's temporary file."""
        return text.replace(str(self.tasks[name].target), name) if name in self.tasks else text


def _works(inpainter: Inpainter) -> bool:
    """Return whether a plain picture can be filled."""
    mask = np.zeros((64, 64), np.bool_)
    mask[16:48, 16:48] = True
    grey = Document.of_array(np.full((64, 64, 3), 127, np.uint8))
    try:
        # With the network that is open: a full device may have no room for the other.
        texture = "on" if wants_texture(inpainter.options) else "off"
        inpainter.fill_many([Job(grey, mask)], Options(texture=texture))
    except Exception:  # noqa: BLE001, whatever it is
        return False
    return True
