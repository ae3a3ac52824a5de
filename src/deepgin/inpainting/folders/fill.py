"""Filling one picture file or a folder of them, from the checks to the written files."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import TypeAlias

from ...console import Watcher, shown
from ...errors import PictureError, UsageError
from ...pictures import check_target
from ...weights.model import Model
from ..inpainter import Inpainter, Result
from ..inputs import Job
from ..options import Options
from .job import FolderSummary, reader, run
from .pairing import Pair, Pairs, find_pairs
from .plan import JobOptions, check_folders, plan
from .target import check_alike, held, provenance, remove_leftovers

OnResult: TypeAlias = Callable[[str, Result, float], None]
"""Takes a picture's name as a watcher hears it, its result, and seconds of filling."""


@dataclass(frozen=True)
class FolderRequest:
    """What to fill, how, and where to write it.

    Attributes:
        source: a picture, or a folder of them.
        target: the file, or folder, to write.
        masks: a mask, a folder of masks, or None: beside the pictures.
        guidance: a segmentation, a folder of them, or None: beside the pictures.
        masked: whether pictures have mask files; else options or their own alpha make the holes.
        glob: see `find_pairs`.
        limit: see `find_pairs`.
        options: how holes are found and filled.
        writing: how results are named and written.
        provenance: write into the results how they were made.
        model: the network, and how it runs.
    """

    source: Path
    target: Path
    masks: Path | None = None
    guidance: Path | None = None
    masked: bool = True
    glob: str = ""
    limit: int = 0
    options: Options = field(default_factory=Options)
    writing: JobOptions = field(default_factory=JobOptions)
    provenance: bool = False
    model: Model = field(default_factory=Model)

    def pairs(self) -> Pairs:
        """Return the source's pairs; see `find_pairs`."""
        return find_pairs(
            self.source,
            self.masks,
            guidance=self.guidance,
            masked=self.masked,
            glob=self.glob,
            limit=self.limit,
            left_out=[self.target],
        )

    def inpainter(self) -> Inpainter:
        """Load the network.

        Raises:
            WeightsError: the weights cannot be used.
            UsageError: unknown device or precision, a sharpness that the weights cannot have, or
                guidance for weights that take none.
        """
        made = Inpainter(self.model, options=self.options)
        if self.guidance and not made.guided:
            mend = "leave {guidance} out"
            raise UsageError("these weights take no guidance picture", field="guidance", mend=mend)
        return made

    def how_written(self) -> JobOptions:
        """Return how results are written, with their provenance if the request asks for it."""
        if not self.provenance:
            return self.writing
        return replace(self.writing, provenance=provenance(self.model, self.options))


def fill_one(request: FolderRequest, watcher: Watcher, on_result: OnResult | None = None) -> Path:
    """Fill one picture and return the file that was written; `on_result` is called before.

    Raises:
        DeepginError: the request, a file or the disk is at fault; nothing is written.
    """
    if not os.path.exists(request.source):
        raise PictureError(f"{shown(request.source)}: no such file or folder")
    target = check_target(request.target)
    source, overwrite = request.source, request.writing.overwrite
    _check_not_input(target, source, request.masks, request.guidance)
    if os.path.exists(target) and not overwrite:
        raise UsageError(
            f"{shown(target)} exists",
            field="overwrite",
            mend="use {overwrite=true}, or choose another name",
        )
    pair = _only(request.pairs(), request)
    _check_not_input(target, pair.mask, pair.guidance)
    inpainter = request.inpainter()
    guide = pair.guidance if inpainter.guided else None
    watcher.begin(1, 0)
    begun = perf_counter()
    try:
        result: Result = inpainter.run(pair.picture, pair.mask, guide, on_progress=watcher.step)
    finally:
        watcher.end()
    if on_result:
        on_result(str(source), result, perf_counter() - begun)
    how = request.how_written()
    notes = result.document.save(
        target,
        quality=how.quality,
        overwrite=overwrite,
        provenance=how.provenance and how.provenance | {"fit": result.fit},
    )
    for note in (*result.warnings, *notes):
        watcher.note(str(source), note)
    watcher.filled(str(source), result.fit)
    return target


def fill_folder(
    request: FolderRequest, watcher: Watcher, on_result: OnResult | None = None
) -> FolderSummary:
    """Fill a folder; a failure does not stop the rest.

    `on_result` is called before a result is written; its seconds are the mean of its group.

    Raises:
        DeepginError: the request is at fault, or there is nothing to fill.
    """
    target = request.target
    check_folders(request.source, target, request.masks)
    pairs = request.pairs()
    made = plan(pairs, target, request.writing)
    watcher.before(pairs)
    if not pairs.pairs and not pairs.failed:
        raise _nothing(pairs, request)
    how = request.how_written()
    if how.provenance and not how.overwrite:
        check_alike(made, how.provenance)
    inpainter = request.inpainter()
    read = reader(request.options.threshold, inpainter.guided)
    names = {str(pair.picture): pair.name for pair in pairs.pairs}

    def fill(jobs: list[Job]) -> list[Result]:
        begun = perf_counter()
        results = inpainter.fill_many(jobs, on_progress=watcher.step)
        if on_result:
            for job, result in zip(jobs, results, strict=True):
                on_result(names[job.name], result, (perf_counter() - begun) / len(jobs))
        return results

    with held(target, how.shard):
        remove_leftovers(made)
        return run(made, read, fill, how, watcher)


def _check_not_input(target: Path, *inputs: Path | None) -> None:
    if os.path.exists(target) and any(
        p and os.path.exists(p) and target.samefile(p) for p in inputs
    ):
        raise UsageError(f"{shown(target)} is also an input", mend="choose another name")


def _only(pairs: Pairs, request: FolderRequest) -> Pair:
    """Return the one pair, or say why there is none."""
    if pairs.pairs:
        return pairs.pairs[0]
    if pairs.failed:
        raise PictureError(f"{shown(request.source)}: {pairs.failed[0][1]}")
    raise PictureError(f"{shown(request.source)} has no mask", mend=_mend(request))


def _nothing(pairs: Pairs, request: FolderRequest) -> PictureError:
    source = shown(request.source)
    if pairs.lone_pictures:
        return PictureError(f"{source}: no picture has a mask", mend=_mend(request))
    if request.glob:
        return PictureError(f"{source}: no picture matches {request.glob}", field="glob")
    return PictureError(f"{source}: there are no pictures in it")


def _mend(request: FolderRequest) -> str:
    if request.masks is not None:
        return f"give a file in {shown(request.masks)} its name"
    return "name one, put NAME_mask.png beside NAME.png, or use {box}, {color} or {alpha=true}"
