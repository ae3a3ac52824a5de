"""The `Inpainter`: pictures and masks as people have them in, the completed picture out."""

from __future__ import annotations

import warnings as python_warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from ..errors import DeepginError, Note, UsageError
from ..runtimes import OutOfMemory, Runtime
from ..runtimes.choice import open_runtime, soft_sharpness
from . import batches
from .fits import Completed, Fit, Scene, complete_all, fit_of
from .ground import settled
from .holes import Hole, hole_of
from .inputs import Picture, as_document, as_guidance, as_marks, name_of
from .jobs import Job, Result
from .options import Options
from .shaping import degrid, feather
from .steps import Steps, Told
from .textured import TextureFit, wants_texture

if TYPE_CHECKING:
    from ..network import Generator


class Inpainter:
    """Fills holes; every pixel outside the mask comes back as it was, bit for bit.

    One may be used by several threads at once. Same weights, picture, mask, options, device and
    library version: same bytes, whatever else is filled with it.

    Args:
        weights: a weights file or one of `deepgin export`, an address on the hub, a generator, or
            None for the weights that come with the package.
        device: auto, cpu, cuda, cuda:N or mps.
        precision: auto (bf16 where the hardware multiplies it), float32 or bf16.
        sharpness: of weights of two sets, 0 (soft) to 1 (sharp); None takes their own default.
        runtime: what runs the network; the four above are then not used.
        options: how holes are found and filled, unless a call says otherwise.

    Examples:
        >>> from deepgin import Inpainter
        >>> Inpainter()("photo.jpg", "mask.png").save("filled.png")  # doctest: +SKIP
    """

    def __init__(
        self,
        weights: str | Path | Generator | None = None,
        *,
        device: str = "auto",
        precision: str = "auto",
        sharpness: float | None = None,
        runtime: Runtime | None = None,
        options: Options | None = None,
    ) -> None:
        self.options = options or Options()
        self._weights, self._device, self._precision = weights, device, precision
        self._sharpness, self._runtime, self._guide = sharpness, runtime, runtime
        self._lock = Lock()
        # One is opened now, so that weights which cannot be used are refused now.
        _ = self.guide if wants_texture(self.options) else self.runtime

    @property
    def runtime(self) -> Runtime:
        """What runs the network where it alone fills."""
        with self._lock:
            if self._runtime is None:
                self._runtime = self._open(self._sharpness)
            return self._runtime

    @property
    def guide(self) -> Runtime:
        """What runs the network under texture: softer, nearest the truth, unless told otherwise."""
        with self._lock:
            if self._guide is None:
                soft = self._sharpness
                if soft is None:
                    soft = soft_sharpness(self._weights)
                if soft == self._sharpness:
                    self._runtime = self._guide = self._runtime or self._open(soft)
                else:
                    self._guide = self._open(soft)
            return self._guide

    @property
    def guided(self) -> bool:
        """Whether the network takes a guidance picture."""
        return (self._guide or self.runtime).guided

    def _open(self, sharpness: float | None) -> Runtime:
        return open_runtime(self._weights, self._device, self._precision, sharpness)

    def __call__(
        self,
        picture: Picture,
        mask: Picture | None = None,
        *,
        guidance: Picture | None = None,
        options: Options | None = None,
        invert: bool | None = None,
    ) -> Image.Image:
        """Return `picture` with its holes filled, in its own mode; warnings are Python's.

        Args:
            picture: a path, PIL image, array or tensor; see `inputs.as_document`.
            mask: likewise, white is missing; see `inputs.as_marks`. None takes the options' box
                or colour, or else the picture's own alpha.
            guidance: a colour-coded segmentation, for a guided network alone.
            options: in place of those that the inpainter was made with.
            invert: black is missing instead; None leaves it to the options.

        Raises:
            PictureError: a file cannot be read, or the mask has another size or leaves nothing.
            UsageError: an array of another type or shape, or options that do not go together.
        """
        options = options or self.options
        if invert is not None:
            options = replace(options, invert=invert)
        result = self.run(picture, mask, guidance, options)
        for warning in result.warnings:
            python_warnings.warn(warning, stacklevel=2)
        return result.picture

    def run(
        self,
        picture: Picture,
        mask: Picture | None = None,
        guidance: Picture | None = None,
        options: Options | None = None,
        told: Told = lambda *_: None,
    ) -> Result:
        """Fill and tell all; arguments and errors are those of `__call__` and `fill_many`."""
        options = options or self.options
        marked, note = (None, Note("")) if mask is None else as_marks(mask, options.threshold)
        job = Job(
            as_document(picture),
            marked,
            None if guidance is None else as_guidance(guidance),
            name_of(picture, "the picture"),
            name_of(mask, "the mask"),
            note,
        )
        return self.fill_many([job], options, told)[0]

    def fill_many(
        self,
        jobs: Sequence[Job],
        options: Options | None = None,
        told: Told = lambda *_: None,
    ) -> list[Result]:
        """Fill several pictures, whose patches of one size go through the network together.

        Args:
            jobs: the pictures with their holes.
            options: in place of those that the inpainter was made with.
            told: called before each piece of work with the steps that are done, and those of all
                that are known yet; may raise to stop the work.

        Returns:
            The results in the order of the jobs, each with the bytes that it would have alone.

        Raises:
            PictureError, UsageError: as for `__call__`, for the first job that cannot be done.
            DeepginError: not even one patch fits the memory.
        """
        options = options or self.options
        jobs = [Job(*job) for job in jobs]
        holes = [self._hole(job, options) for job in jobs]
        wanted = [i for i, hole in enumerate(holes) if hole.fill.any()]
        textured = wants_texture(options)
        runtime = self.guide if textured else self.runtime
        steps = Steps(told)
        fit = TextureFit(fit_of(options.fit), steps) if textured else fit_of(options.fit)
        scenes = [self._scene(jobs[i], holes[i], runtime) for i in wanted]
        warned: list[str] = []
        done = self._complete(fit, scenes, runtime, options, warned.append, steps)
        completed = dict(zip(wanted, done, strict=True))
        short = tuple(dict.fromkeys(warned))
        return [
            _result(job, hole, completed.get(i), options, short)
            for i, (job, hole) in enumerate(zip(jobs, holes, strict=True))
        ]

    def _complete(
        self,
        fit: Fit,
        scenes: Sequence[Scene],
        runtime: Runtime,
        options: Options,
        warn: Callable[[str], None],
        steps: Steps,
    ) -> list[Completed]:
        passes = batches.ensemble if options.ensemble else batches.fill
        each = batches.PASSES if options.ensemble else 1
        try:
            return complete_all(
                [fit.work(scene, lambda count: steps.expect(each * count)) for scene in scenes],
                lambda patches: passes(runtime, patches, warn, steps),
            )
        except OutOfMemory as error:
            raise DeepginError(
                f"the memory does not suffice for {error}",
                mend="close other programs, or use {fit=crop} or {device=cpu}",
            ) from error

    def _hole(self, job: Job, options: Options) -> Hole:
        name = job.name or name_of(job.document, "the picture")
        if (job.guidance is not None) != self.guided:
            need = "need a" if self.guided else "take no"
            raise UsageError(
                f"{name}: these weights {need} guidance picture",
                field="guidance",
                mend="give {guidance}" if self.guided else "leave {guidance} out",
            )
        if job.guidance is not None and job.guidance.shape[1::-1] != job.document.size:
            sizes = [f"{w} x {h}" for w, h in (job.guidance.shape[1::-1], job.document.size)]
            raise UsageError(f"{name}: the guidance is {sizes[0]} pixels, the picture {sizes[1]}")
        return hole_of(job.document, job.mask, options, name, job.mask_name, job.mask_note)

    def _scene(self, job: Job, hole: Hole, runtime: Runtime) -> Scene:
        return Scene(
            job.document.rgb(),
            hole.hidden,
            hole.fill,
            job.guidance,
            runtime.trained_at,
            runtime.size_multiple,
        )


def _result(
    job: Job, hole: Hole, completed: Completed | None, options: Options, short: tuple[str, ...]
) -> Result:
    document, given = job.document, job.document.rgb()
    if completed is None:
        coarse, fit, warnings = given, "nothing to fill", (*document.notes, *hole.warnings)
        return Result(document, Image.fromarray(coarse), fit, warnings, hole.fill)
    picture = degrid(completed.picture) if options.degrid else completed.picture
    picture = settled(picture, given, hole.fill, hole.hidden)
    picture = feather(picture, given, hole.fill, hole.hidden, options.feather)
    coarse = np.where(hole.fill[..., None], completed.coarse, given)
    return Result(
        document.filled(picture, hole.fill, opaque=hole.own),
        Image.fromarray(coarse),
        completed.fit,
        (*document.notes, *hole.warnings, *short),
        hole.fill,
    )


def inpaint(
    picture: Picture,
    mask: Picture | None = None,
    *,
    invert: bool | None = None,
    options: Options | None = None,
) -> Image.Image:
    """Fill the holes of one picture with the weights that come with the package.

    For more than one picture make an `Inpainter` once. Arguments, result and errors are those of
    `Inpainter.__call__`.
    """
    return Inpainter()(picture, mask, invert=invert, options=options)
