"""Filling one unit, from reading its files to writing its tar and manifest. Nothing of Ray."""

import errno
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DeepginError, on_command_line, spelled
from ..inpainting import Inpainter, Job, Options, Result
from ..inpainting.folders import Pair, Pairs, Task, plan, reader, run, shown
from ..inpainting.textured import wants_texture
from ..pictures import Document
from .addresses import hidden
from .manifests import MANIFEST, TAR, Report, as_bytes, manifest_of
from .pairing import Entry
from .places import Place, PlaceError
from .request import Request
from .scratch import scratch
from .sources import Source, at_hand, source_of
from .tars import Results
from .units import Unit, result_of

_FULL = os.strerror(errno.ENOSPC)


class BrokenWorker(Exception):
    """Nothing can be filled by this process any more: another must take its place."""


@dataclass(frozen=True)
class Order:
    """What is the same for all units of a job.

    Attributes:
        request: what is asked for.
        told: see `Request.told`.
        one_mask: the masks' address is that of one for all.
    """

    request: Request
    told: dict[str, Any]
    one_mask: bool = False


def fill_unit(unit: Unit, order: Order, inpainter: Inpainter) -> Report:
    """Fill a unit and write its tar and then its manifest; pictures that fail stand in the latter.

    Twice the same unit gives twice the same bytes.

    Raises:
        DeepginError: the unit cannot be read or written, or reading broke off; nothing is
            written, or the tar alone.
        BrokenWorker: see there.
    """
    request = order.request
    with scratch() as folder, source_of(unit, request, order.one_mask, folder) as source:
        filling = _Filling(source, order, inpainter, folder)
        records = filling.records()
        results = Results(folder / "results")
        for number, entry in enumerate(source.names.entries):
            if records[number]["status"] == "filled":
                name = result_of(entry.name, request)
                records[number] |= results.add(name, filling.out[number])
        known = {"tar": unit.name + TAR} | results.close()
        target = Place(request.target)
        target.child(unit.name + TAR).put(folder / "results")
        unpaired = [_failed(name, why) for name, why in source.names.failed]
        pictures = sorted(records + unpaired, key=lambda record: record["name"])
        manifest = manifest_of(unit, order.told, known, pictures, source.notes)
        target.child(unit.name + MANIFEST).write(as_bytes(manifest))
    return Report.of(manifest)


def _failed(name: str, why: str) -> dict[str, Any]:
    return {"name": name, "status": "failed", "error": why}


@dataclass
class _Filling:
    """Runs a folder job over a unit's pictures, which have numbers for names; hears how it goes."""

    source: Source
    order: Order
    inpainter: Inpainter
    folder: Path
    out: dict[int, Path] = field(default_factory=dict)
    broken: Exception | None = None
    told: dict[int, dict[str, Any]] = field(default_factory=dict)
    warnings: dict[int, list[str]] = field(default_factory=dict)
    paths: dict[int, list[tuple[Path, str]]] = field(default_factory=dict)

    def records(self) -> list[dict[str, Any]]:
        """Fill, and return what a manifest says of each picture but for its file's hash."""
        order = self.order
        entries = self.source.names.entries
        taken: dict[str, str] = {}
        pairs, out = [], self.folder / "out"
        for number, entry in enumerate(entries):
            result = result_of(entry.name, order.request)
            other = taken.setdefault(result, entry.name)
            if other != entry.name:
                why = f"would become {shown(result)}, as {shown(other)} does: rename one"
                self.told[number] = _failed(entry.name, why)
                continue
            inside = Path(f"{number:06}{Path(entry.name).suffix}")
            pairs.append(Pair(self.folder / inside, inside, bytes=entry.bytes))
            written = out / result_of(inside.name, order.request)
            self.paths[number] = [(written, entry.name)]
        made = plan(Pairs(pairs), out, order.request.writing)
        for group in made.groups:
            self.out |= {_number(task.pair.name): task.target for task in group}
        run(made, self._reader(), self._fill, order.request.writing, self)
        return [self._record(number, entry) for number, entry in enumerate(entries)]

    def _record(self, number: int, entry: Entry) -> dict[str, Any]:
        record = self.told[number]
        if record["status"] == "filled" and number in self.warnings:
            record["warnings"] = self.warnings[number]
        return record

    def _reader(self) -> Any:
        request = self.order.request
        read_files = reader(request.options.threshold, guided=False)
        for_all = None
        if self.order.one_mask:
            place = Place(request.masks)
            ending = Path(place.shown).suffix
            for_all = at_hand(place, self.folder / f"mask{ending}")

        def read(task: Task) -> Job:
            number = _number(task.pair.name)
            entry = self.source.names.entries[number]
            own = task.pair.picture
            try:
                picture = self.source.picture(entry.name, own)
                mask = for_all
                if entry.mask:
                    place = own.with_name(f"{own.stem}-mask{Path(entry.mask).suffix}")
                    mask = self.source.mask(entry.mask, place)
            except PlaceError as error:
                if not error.lasting:
                    self.broken = error
                raise
            self.paths[number].append((picture, entry.name))
            self.paths[number] += [(mask, entry.mask)] if mask and entry.mask else []
            job = read_files(Task(Pair(picture, task.pair.inside, mask), task.target))
            for path in (picture, mask):
                if path and path.parent == self.folder and path != for_all:
                    path.unlink()
            return job

        return read

    def _fill(self, jobs: list[Job]) -> list[Result]:
        if self.broken:
            raise self.broken
        try:
            return self.inpainter.fill_many(jobs)
        except DeepginError:
            raise
        except Exception as error:
            # A picture that is at fault fails alone; a device that is must not fail them all.
            if not _works(self.inpainter):
                self.broken = BrokenWorker(f"{type(error).__name__}: {error}")
            raise

    def before(self, pairs: Pairs) -> None:
        """Hear nothing: there is no pairing here."""

    def begin(self, total: int, skipped: int) -> None:
        """Hear nothing: it is counted at the end."""

    def step(self, done: int, of: int) -> None:
        """Hear nothing: pictures are counted whole."""

    def filled(self, name: str, fit: str) -> None:
        """Note that a picture is filled."""
        number = _number(name)
        own = self.source.names.entries[number].name
        self.told[number] = {"name": own, "status": "filled", "fit": fit}

    def failed(self, name: str, why: str) -> None:
        """Note that a picture failed, unless it is not the picture's fault."""
        if self.broken:
            raise self.broken
        if _FULL in why:
            raise DeepginError(f"{self.folder.parent}: {_FULL}: set TMPDIR to a larger disk")
        number = _number(name)
        own = self.source.names.entries[number].name
        self.told[number] = _failed(own, self._named(number, why))

    def note(self, name: str, text: str) -> None:
        """Note a warning."""
        number = _number(name)
        (text,) = spelled([text], on_command_line)
        self.warnings.setdefault(number, []).append(self._named(number, text))

    def end(self) -> None:
        """Hear nothing: there may be more to do."""

    def _named(self, number: int, text: str) -> str:
        """Return a text with the names of files in place of where they lie on this machine."""
        for path, name in self.paths.get(number, ()):
            text = text.replace(shown(path), shown(name)).replace(str(path), shown(name))
        return hidden(text)


def _number(name: str) -> int:
    return int(Path(name).stem)


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
