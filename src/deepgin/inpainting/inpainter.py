"""The `Inpainter`: takes pictures and masks of any kind, returns completed pictures."""

from __future__ import annotations

import warnings as python_warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from ..errors import DeepginError, Note, UsageError
from ..pictures import Document
from ..runtimes import OutOfMemory, Runtime
from ..runtimes.choice import open_runtime
from ..weights.model import Model
from . import batches
from .batches import PASSES, OnProgress, Steps, complete_all, ensemble
from .finishing import finished
from .fits import FIT_OF
from .inputs import Job, Picture, as_document, as_guidance, as_marks, name_of
from .missing import Missing, on_canvas
from .options import Options
from .scenes import Completed, Scene
from .textured import textured, wants_texture

if TYPE_CHECKING:
    import torch

    from ..network import Generator


@dataclass(frozen=True)
class Result:
    """A filled picture.

    Attributes:
        document: in the picture's own mode, with its metadata; `save` writes it.
        fit: how the picture was brought to the network, and why.
        warnings: notes about the picture, the mask and the result, each a line.
        hole: bool, H x W: what was filled.
    """

    document: Document
    fit: str
    warnings: tuple[str, ...]
    hole: np.ndarray = field(repr=False)

    @property
    def picture(self) -> Image.Image:
        """The filled picture in its own mode."""
        return self.document.image()

    def array(self) -> np.ndarray:
        """Return the picture's own samples: uint8 or uint16, H x W or H x W x C."""
        return self.document.pixels

    def tensor(self) -> torch.Tensor:
        """Return float32, 3 x H x W, RGB in [0, 1]; this alone needs PyTorch."""
        import torch

        return torch.from_numpy(self.document.rgb().astype(np.float32) / 255).permute(2, 0, 1)


class Inpainter:
    """Fills holes; every pixel outside the mask comes back as it was, bit for bit.

    One may be used by several threads at once. Same weights, picture, mask, options, device and
    library version: same bytes, whatever else is filled with it.

    Args:
        weights: a weights file, an ONNX file of `deepgin export` or of other authors, an address on
            the hub, a generator, or None for the weights that come with the package; or a `Model`
            instead of the five that describe one.
        device: auto, cpu, cuda, cuda:N, mps, or xpu (of Intel; with OpenVINO).
        precision: auto (bf16 where the hardware multiplies it), float32 or bf16.
        sharpness: of weights of two sets, 0 (soft) to 1 (sharp); None takes their own default.
        contract: what the arrays of an ONNX file of other authors mean; see `Model`.
        runtime: runs the network; the five above are then not used.
        options: how to make holes from masks and fill them; a call may have its own.

    Examples:
        >>> from deepgin import Inpainter
        >>> Inpainter()("photo.jpg", "mask.png").save("filled.png")  # doctest: +SKIP
    """

    def __init__(
        self,
        weights: str | Path | Generator | Model | None = None,
        *,
        device: str = "auto",
        precision: str = "auto",
        sharpness: float | None = None,
        contract: str = "",
        runtime: Runtime | None = None,
        options: Options | None = None,
    ) -> None:
        self.options = options or Options()
        if not isinstance(weights, Model):
            weights = Model(weights, device, precision, sharpness, contract)
        self.model, self._runtime, self._guide = weights, runtime, runtime
        self._lock = Lock()
        # One is opened now, so that weights which cannot be used are refused now.
        _ = self.guide if wants_texture(self.options) else self.runtime

    @property
    def runtime(self) -> Runtime:
        """Runs the network where it alone fills."""
        with self._lock:
            if self._runtime is None:
                self._runtime = open_runtime(self.model)
            return self._runtime

    @property
    def guide(self) -> Runtime:
        """Runs the network under texture: at its soft end, unless a sharpness is given."""
        with self._lock:
            if self._guide is None:
                soft = self.model.softened()
                if soft == self.model:
                    self._runtime = self._guide = self._runtime or open_runtime(soft)
                else:
                    self._guide = open_runtime(soft)
            return self._guide

    @property
    def guided(self) -> bool:
        """Whether the network takes a guidance picture."""
        return (self._guide or self.runtime).guided

    def __call__(
        self,
        picture: Picture,
        mask: Picture | None = None,
        *,
        guidance: Picture | None = None,
        options: Options | None = None,
        **changes: Any,
    ) -> Image.Image:
        """Return `picture` with its holes filled, in its own mode; notes are Python warnings.

        Args:
            picture: a path, PIL image, array or tensor; see `inputs.as_document`.
            mask: likewise, white is missing; see `inputs.as_marks`. None takes the options' box
                or colour, or else the picture's own alpha; on a larger canvas no alpha is meant
                unless the options say so.
            guidance: a colour-coded segmentation, for a guided network alone.
            options: instead of the inpainter's own.
            **changes: fields of `Options` that differ from them, as in `dilate=8`.

        Raises:
            PictureError: a file cannot be read, or the mask has another size or leaves nothing.
            UsageError: an array of another type or shape, or options that do not go together.
        """
        options = replace(options or self.options, **changes)
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
        on_progress: OnProgress = lambda *_: None,
    ) -> Result:
        """Fill one picture; arguments and errors are those of `__call__` and `fill_many`."""
        options = options or self.options
        marked, note = (None, Note("")) if mask is None else as_marks(mask, options.threshold)
        job = Job(
            document=as_document(picture),
            mask=marked,
            guidance=None if guidance is None else as_guidance(guidance),
            name=name_of(picture, "the picture"),
            mask_name=name_of(mask, "the mask"),
            mask_note=note,
        )
        return self.fill_many([job], options, on_progress)[0]

    def fill_many(
        self,
        jobs: Sequence[Job],
        options: Options | None = None,
        on_progress: OnProgress = lambda *_: None,
    ) -> list[Result]:
        """Fill several pictures, whose patches of one size go through the network together.

        `on_progress` is called before each piece of work with the steps that are done and the
        steps known so far; it may raise to stop the work.

        Returns:
            The results in the order of the jobs, each with the bytes that it would have alone.

        Raises:
            PictureError, UsageError: as for `__call__`, for the first job that cannot be done.
            DeepginError: not even one patch fits the memory.
        """
        options = options or self.options
        jobs, missing = [Job(*job) for job in jobs], list[Missing]()
        for i, job in enumerate(jobs):
            jobs[i], one = on_canvas(job, options)
            self._check_guidance(jobs[i])
            missing.append(one)
        runtime = self.guide if wants_texture(options) else self.runtime
        takes = runtime.trained_at, runtime.size_multiple, runtime.fixed
        scenes = {
            i: Scene(job.document.rgb(), one.hole, one.hidden, job.guidance, *takes)
            for i, (job, one) in enumerate(zip(jobs, missing, strict=True))
            if one.hole.any()
        }
        notes: list[str] = [*runtime.notes]
        done = _completed([*scenes.values()], runtime, options, on_progress, notes)
        completed = dict(zip(scenes, done, strict=True))
        del done
        results = []
        for i, (job, one) in enumerate(zip(jobs, missing, strict=True)):
            document, fit_used = job.document, "nothing to fill"
            warnings = (*document.notes, *one.warnings)
            if i in scenes:
                # Popped, so that the arrays of a picture are freed with its turn.
                filled, fit_used = completed.pop(i)
                picture = finished(filled, scenes.pop(i), options)
                document = document.filled(picture, one.hole, opaque=one.from_alpha)
                warnings += tuple(dict.fromkeys(notes))
            results.append(Result(document, fit_used, warnings, one.hole))
        return results

    def _check_guidance(self, job: Job) -> None:
        if (job.guidance is not None) != self.guided:
            need = "need a" if self.guided else "take no"
            raise UsageError(
                f"{job.called()}: these weights {need} guidance picture",
                field="guidance",
                mend="use {guidance}" if self.guided else "leave {guidance} out",
            )
        if job.guidance is not None and job.guidance.shape[1::-1] != job.document.size:
            (w, h), (width, height) = job.guidance.shape[1::-1], job.document.size
            problem = f"the guidance is {w} x {h} pixels, the picture {width} x {height}"
            raise UsageError(f"{job.called()}: {problem}", field="guidance")


def _completed(
    scenes: Sequence[Scene],
    runtime: Runtime,
    options: Options,
    on_progress: OnProgress,
    notes: list[str],
) -> list[Completed]:
    """Let the fit bring the scenes to the network; adds to the notes."""
    fit, steps = FIT_OF[options.fit], Steps(on_progress, PASSES if options.ensemble else 1)
    if wants_texture(options):
        works = [textured(scene, steps, fit) for scene in scenes]
    else:
        works = [fit(scene, steps) for scene in scenes]
    fill = partial(batches.fill, runtime, warn=notes.append, steps=steps)
    try:
        return complete_all(works, partial(ensemble, fill) if options.ensemble else fill)
    except OutOfMemory as error:
        mend = "close other programs, or use {fit=crop} or {device=cpu}"
        raise DeepginError(f"out of memory: {error}", mend=mend) from error


_shared_lock = Lock()


@cache
def _shared() -> Inpainter:
    return Inpainter()


def inpaint(
    picture: Picture,
    mask: Picture | None = None,
    *,
    options: Options | None = None,
    **changes: Any,
) -> Image.Image:
    """Fill the holes of one picture with the weights that come with the package.

    The first call loads them. May be called by several threads. Arguments, result and errors are
    those of `Inpainter.__call__`.
    """
    with _shared_lock:
        inpainter = _shared()
    return inpainter(picture, mask, options=options, **changes)
