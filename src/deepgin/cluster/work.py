"""A worker: it holds the network and fills unit after unit. Without Ray."""

import errno
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..console import shown
from ..errors import DeepginError, on_command_line, spelled
from ..inpainting import Inpainter, Job, Options, Result
from ..inpainting.folders import Pair, Pairs, Task, plan, provenance, reader, run
from ..inpainting.textured import wants_texture
from ..pictures import Document
from .manifests import MANIFEST, TAR, Report, as_bytes
from .pairing import Entry
from .places import Place, PlaceError, public
from .request import ClusterRequest
from .scratch import scratch
from .tars import Results
from .units import Source, Unit, collisions, opened, result_of

_FULL = os.strerror(errno.ENOSPC)


class BrokenWorker(Exception):
    """Nothing can be filled in this process any more: another must take its place."""


@dataclass(frozen=True)
class Order:
    """What is the same for all units of a job.

    Attributes:
        request: of the job.
        described: see `ClusterRequest.to_dict`.
        one_mask: the masks' address is that of one for all.
    """

    request: ClusterRequest
    described: dict[str, Any]
    one_mask: bool = False


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
                path = folder / f"weights{Path(request.weights or '').suffix}"
                path.write_bytes(weights)
            self._check(path)
            self.inpainter = Inpainter(
                path,
                options=request.options,
                device=request.device,
                precision=request.precision,
                sharpness=request.sharpness,
            )
            # Open it now, while the file is there.
            textured = wants_texture(request.options)
            _ = self.inpainter.guide if textured else self.inpainter.runtime

    def _check(self, weights: Path | None) -> None:
        here = provenance(weights, self.order.request.options)
        for key in ("software", "weights"):
            if here[key] != self.order.described[key]:
                raise DeepginError(
                    f"a worker has {here[key]}, the job needs {self.order.described[key]}",
                    mend="install the same package on all machines",
                )

    def work(self, unit: Unit) -> Report:
        """Fill a unit. A broken device ends the process, so that another one takes the unit."""
        try:
            return fill_unit(unit, self.order, self.inpainter)
        except BrokenWorker as error:
            print(f"deepgin: worker ends: {public(error)}", file=sys.stderr, flush=True)
            os._exit(1)
        except DeepginError as error:
            return Report(unit.name, public(error))
        except Exception as error:  # noqa: BLE001, other units are to go on
            return Report(unit.name, f"{type(error).__name__}: {public(error)}")


def fill_unit(unit: Unit, order: Order, inpainter: Inpainter) -> Report:
    """Fill a unit and write its tar and then its manifest, which names pictures that failed too.

    The same unit gives the same bytes.

    Raises:
        DeepginError: the unit cannot be read or written, or reading broke off; nothing is
            written, or the tar alone.
        BrokenWorker: see there.
    """
    target = Place(order.request.target)
    with scratch() as folder, opened(unit, order.request, order.one_mask, folder) as source:
        filling = _Filling(source, order, inpainter, folder)
        filling.run()
        results = Results(folder / "results")
        for number, entry in enumerate(source.names.entries):
            record = filling.records[number]
            if record["status"] == "filled":
                record |= results.add(result_of(entry.name, order.request), filling.out[number])
        tar = {"tar": unit.name + TAR} | results.close()
        pictures = [*filling.records.values()]
        pictures += [_failed(name, why) for name, why in source.names.failed]
        manifest = {
            "unit": unit.name,
            "content": unit.content,
            "request": order.described,
            "results": tar,
            "notes": source.notes,
            "pictures": sorted(pictures, key=lambda record: record["name"]),
        }
        target.child(unit.name + TAR).write(folder / "results")
        target.child(unit.name + MANIFEST).write(as_bytes(manifest))
    return Report.of(manifest)


def _failed(name: str, why: str) -> dict[str, Any]:
    return {"name": name, "status": "failed", "error": why}


@dataclass
class _Filling:
    """Runs a folder job over a unit and watches it.

    Its files have numbers for names, since a member's name may be none that the disk takes.

    Attributes:
        records: by number, what the manifest says of a picture, but for its file's hash.
        out: by number, the file of the result.
    """

    source: Source
    order: Order
    inpainter: Inpainter
    folder: Path
    records: dict[int, dict[str, Any]] = field(default_factory=dict)
    out: dict[int, Path] = field(default_factory=dict)
    broken: Exception | None = None
    warnings: dict[int, list[str]] = field(default_factory=dict)

    def run(self) -> None:
        """Fill; every picture then has a record."""
        request, entries = self.order.request, self.source.names.entries
        double = {two: (one, name) for one, two, name in collisions(entries, request)}
        pairs = []
        for number, entry in enumerate(entries):
            if entry.name in double:
                one, name = map(shown, double[entry.name])
                why = f"would become {name}, as {one} does: rename one"
                self.records[number] = _failed(entry.name, why)
            else:
                inside = Path(f"{number:06}{Path(entry.name).suffix}")
                pairs.append(Pair(self.folder / inside, inside, bytes=entry.bytes))
        made = plan(Pairs(pairs), self.folder / "out", request.writing)
        for group in made.groups:
            self.out |= {_number(task.pair.name): task.target for task in group}
        run(made, self._reader(), self._fill, request.writing, self)
        for number, warnings in self.warnings.items():
            if self.records[number]["status"] == "filled":
                self.records[number]["warnings"] = warnings

    def _reader(self) -> Callable[[Task], Job]:
        read_files = reader(self.order.request.options.threshold, guided=False)
        for_all = None
        if self.order.one_mask:
            place = Place(self.order.request.masks)
            for_all = place.local or self.folder / f"mask{Path(place.shown).suffix}"
            if not place.local:
                place.fetch(for_all)

        def read(task: Task) -> Job:
            entry = self._entry(task.pair.name)
            picture, mask = task.pair.picture, for_all
            try:
                self.source.picture(entry.name, picture)
                if entry.mask:
                    mask = picture.with_name(f"{picture.stem}-mask{Path(entry.mask).suffix}")
                    self.source.mask(entry.mask, mask)
            except PlaceError as error:
                if not error.lasting:
                    self.broken = error
                raise
            job = read_files(Task(replace(task.pair, mask=mask), task.target))
            picture.unlink()
            if mask and mask != for_all:
                mask.unlink()
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
            # A picture at fault fails alone; a device at fault must not fail them all.
            if not _works(self.inpainter):
                self.broken = BrokenWorker(f"{type(error).__name__}: {error}")
            raise

    def filled(self, name: str, fit: str) -> None:
        """Record that a picture is filled."""
        own = self._entry(name).name
        self.records[_number(name)] = {"name": own, "status": "filled", "fit": fit}

    def failed(self, name: str, why: str) -> None:
        """Record that a picture failed, unless the picture is not at fault."""
        if self.broken:
            raise self.broken
        if _FULL in why:
            raise DeepginError(f"{self.folder.parent}: {_FULL}", mend="set TMPDIR to a larger disk")
        self.records[_number(name)] = _failed(self._entry(name).name, self._named(why))

    def note(self, name: str, text: str) -> None:
        """Record a warning."""
        (text,) = spelled([text], on_command_line)
        self.warnings.setdefault(_number(name), []).append(self._named(text))

    def before(self, *_: Any) -> None:
        """Ignore it, as the following: the records have all."""

    begin = step = end = before

    def _entry(self, name: str) -> Entry:
        return self.source.names.entries[_number(name)]

    def _named(self, text: str) -> str:
        """Return a text with the names of pictures and masks in place of temporary files."""

        def named(match: re.Match[str]) -> str:
            if not match[1]:
                return self.order.request.masks
            entry = self.source.names.entries[int(match[1])]
            return shown(entry.mask if match[2] else entry.name)

        place = re.escape(str(self.folder))
        files = rf"{place}[/\\](?:mask|(?:out[/\\])?(\d{{6,}})(-mask)?)(?:\.[^\s:/]*)?"
        return public(re.sub(files, named, text))


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
