"""What is missing in a picture: from a mask, a box, a colour or the picture's own alpha."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage  # type: ignore[import-untyped]

from ..errors import Note, PictureError, UsageError
from ..pictures import Document, box_mask, colour_mask, near_misses, resize_mask
from .canvas import sides_of
from .inputs import Job
from .options import Options

_MOST = 0.9
_FEW = 0.01


@dataclass(frozen=True)
class Missing:
    """What a mask and the options mark."""

    hole: np.ndarray  # bool, H x W: what to fill
    hidden: np.ndarray  # bool, H x W: the hole and fully transparent pixels
    from_alpha: bool  # the hole is the picture's own alpha
    warnings: tuple[Note, ...]


def on_canvas(job: Job, options: Options) -> tuple[Job, Missing]:
    """Return a job on the canvas that the options ask for, and what is missing there.

    Mask, box and colour are of the picture as it was. Its new part is missing, too.

    Raises:
        PictureError, UsageError: as for `missing_of` and `sides_of`.
    """
    document, name = job.document, job.called()
    sides = sides_of(document.size, options, name)
    if sides is None:
        return job, missing_of(job, options)
    if job.mask is None and not options.hole:
        hidden = document.unseen()
        if hidden.all():
            raise PictureError(f"{name} is wholly transparent: no valid pixels remain")
        one = Missing(np.zeros_like(hidden), hidden, False, ())
    else:
        one = missing_of(job, options)
    if not any(sides):
        note = Note(f"{name} has the size of the canvas already: nothing is added")
        return job, replace(one, warnings=(*one.warnings, note))
    one = replace(one, hole=sides.around(one.hole), hidden=sides.around(one.hidden))
    return job._replace(document=document.extended(*sides)), one


def missing_of(job: Job, options: Options) -> Missing:
    """Return what a job's mask and the options mark as missing.

    Raises:
        PictureError: the mask has another size, or no valid pixels remain.
        UsageError: there is no mask, or a second one.
    """
    document, mask_note = job.document, job.mask_note
    marked, mask_name, warnings = _marked(job, options)
    # A copy also without `invert`: the caller's array stays the caller's.
    hole = _of_size(marked, job, options, mask_name) ^ options.invert
    hole = dilate(hole, options.dilate)
    hidden = hole | document.unseen()
    share = float(hole.mean())
    note = f"; {mask_note.problem}" if mask_note else ""
    if hidden.all():
        what = "marks everything as missing" if share == 1 else "leaves only transparent pixels"
        problem = f"{mask_name} {what}: no valid pixels remain{note}"
        raise PictureError(problem, field="mask", mend=mask_note.mend)
    white, black, mend = "white", "black", "use {invert=true}"
    if options.invert:
        white, black, mend = "black", "white", "leave {invert} out"
    if not share:
        result = "" if options.grows else ": nothing is filled"
        problem = f"{mask_name} marks nothing as missing ({white}){result}{note}"
        warnings += (Note(problem, mend=mask_note.mend),)
    elif share > _MOST:
        problem = f"{mask_name} marks {share:.1%} as missing ({white})"
        warnings += (Note(problem, mend=f"if {black} was meant, {mend}"),)
    from_alpha = job.mask is None and options.hole in ("", "alpha")
    return Missing(hole, hidden, from_alpha, warnings)


def _marked(job: Job, options: Options) -> tuple[np.ndarray, str, tuple[Note, ...]]:
    """Return what is marked, of any size, its name, and notes."""
    if job.mask is not None:
        if option := options.hole:
            raise UsageError(
                f"a mask and {option} both say what the hole is",
                field=option,
                mend=f"use a mask or {{{option}}}",
            )
        return job.mask, job.mask_name, ()
    if options.box:
        return box_mask(job.document.size, options.box), f"the box {options.box}", ()
    if options.color:
        return _of_colour(job.document, options.color, options.color_tolerance)
    return job.document.own_hole(), "the picture's own alpha", ()


def _of_colour(
    document: Document, colour: str, tolerance: int
) -> tuple[np.ndarray, str, tuple[Note, ...]]:
    name, rgb = f"the colour {colour}", document.rgb()
    mask = colour_mask(rgb, colour, tolerance)
    misses = near_misses(rgb, colour, tolerance, mask)
    if misses <= mask.sum() * _FEW:
        return mask, name, ()
    mend = f"if they belong to the hole, use {{color_tolerance}} above {tolerance}"
    return mask, name, (Note(f"{misses} pixels near {name} are not in the hole", mend=mend),)


def _of_size(mask: np.ndarray, job: Job, options: Options, mask_name: str) -> np.ndarray:
    size = job.document.size
    if mask.shape[::-1] == size:
        return mask
    if options.resize_mask:
        return resize_mask(mask, size)
    raise PictureError(
        f"{mask_name} is {mask.shape[1]} x {mask.shape[0]} pixels and {job.called()} is "
        f"{size[0]} x {size[1]}",
        field="mask",
        mend="make the mask as large as the picture, or use {resize_mask=true}",
    )


def dilate(hole: np.ndarray, by: int) -> np.ndarray:
    """Let a hole, bool, H x W, grow by `by` pixels on all sides: a disc's shape."""
    if by <= 0 or not hole.any():
        return hole
    height = hole.shape[0]
    grown = hole.copy()
    for row in range(by + 1):
        reach = int((by * by - row * row + by) ** 0.5)  # + by: rounder discs than without
        wide = ndimage.maximum_filter1d(hole.view(np.uint8), 2 * reach + 1, axis=1, mode="constant")
        wide = wide.view(np.bool_)
        if row < height:
            grown[row:] |= wide[: height - row]
            grown[: height - row] |= wide[row:]
    return grown
