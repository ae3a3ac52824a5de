"""What of a picture is missing: from a mask, a box, a colour or its own alpha. No filling here."""

from dataclasses import dataclass

import numpy as np

from ..errors import Note, PictureError, UsageError
from ..pictures import Document, box_mask, colour_mask, near_misses, resize_mask
from .options import Options
from .shaping import dilate

_MOST = 0.9
_FEW = 0.01


@dataclass(frozen=True)
class Hole:
    """What is to be filled, and what must not be seen.

    Attributes:
        fill: bool, H x W: what is to be filled.
        hidden: bool, H x W: that and the pixels that are fully transparent.
        own: whether it is the picture's own alpha.
        warnings: what must be said of it.
    """

    fill: np.ndarray
    hidden: np.ndarray
    own: bool
    warnings: tuple[str, ...]


def hole_of(
    document: Document,
    mask: np.ndarray | None,
    options: Options,
    name: str,
    mask_name: str,
    mask_note: Note = Note(""),  # noqa: B008, a string
) -> Hole:
    """Return the hole that mask and options mean.

    Args:
        document: the picture.
        mask: bool, H x W; None where the options make it, or the picture's own alpha is meant.
        options: box, color, color_tolerance, resize_mask, invert and dilate are used.
        name: the picture's name, for messages.
        mask_name: the mask's.
        mask_note: why the mask may mark nothing; see `Marks`.

    Raises:
        PictureError: the mask has another size, or nothing is left to go by.
        UsageError: there is no mask, or a second one.
    """
    fill, mask_name, warnings = _marked(document, mask, options, mask_name)
    fill = _of_size(fill, document, options, name, mask_name) ^ options.invert
    fill = dilate(fill, options.dilate)
    own = mask is None and not options.box and not options.color
    unseen = document.unseen()
    hidden = fill | unseen
    missing = float(fill.mean())
    note = f"; {mask_note.problem}" if mask_note else ""
    if hidden.all():
        what = "marks everything as missing" if missing == 1 else "leaves only transparent pixels"
        problem = f"{mask_name} {what}: no valid pixels remain{note}"
        raise PictureError(problem, field="mask", mend=mask_note.mend)
    white, black, mend = "white", "black", "use {invert=true}"
    if options.invert:
        white, black, mend = "black", "white", "leave {invert} out"
    if not fill.any():
        problem = f"{mask_name} marks nothing as missing ({white}): nothing is filled{note}"
        warnings += (Note(problem, mend=mask_note.mend),)
    elif missing > _MOST:
        problem = f"{mask_name} marks {missing:.1%} as missing ({white})"
        warnings += (Note(problem, mend=f"if {black} was meant, {mend}"),)
    return Hole(fill, hidden, own, warnings)


def _marked(
    document: Document, mask: np.ndarray | None, options: Options, mask_name: str
) -> tuple[np.ndarray, str, tuple[str, ...]]:
    """Return what is marked, in whatever size, what it is called, and what to say of it."""
    option = "box" if options.box else "color" if options.color else ""
    if mask is not None:
        if option:
            raise UsageError("two masks", field=option, mend=f"give a mask or {{{option}}}")
        return mask, mask_name, ()
    if options.box:
        name = f"the box {','.join(map(str, options.box))}"
        return box_mask(document.size, options.box), name, ()
    if options.color:
        return _of_colour(document, options.color, options.color_tolerance)
    return document.own_hole(), "the picture's own alpha", ()


def _of_colour(
    document: Document, colour: str, tolerance: int
) -> tuple[np.ndarray, str, tuple[str, ...]]:
    name, rgb = f"the colour {colour}", document.rgb()
    mask = colour_mask(rgb, colour, tolerance)
    misses = near_misses(rgb, colour, tolerance, mask)
    if misses <= mask.sum() * _FEW:
        return mask, name, ()
    mend = f"raise {{color_tolerance}} above {tolerance} if they are meant"
    return mask, name, (Note(f"{misses} pixels near {name} are left", mend=mend),)


def _of_size(
    mask: np.ndarray, document: Document, options: Options, name: str, mask_name: str
) -> np.ndarray:
    size = document.size
    if mask.shape[::-1] == size:
        return mask
    if options.resize_mask:
        return resize_mask(mask, size)
    raise PictureError(
        f"{mask_name} is {mask.shape[1]} x {mask.shape[0]} pixels and {name} is "
        f"{size[0]} x {size[1]}",
        field="mask",
        mend="make the mask as large as the picture, or use {resize_mask=true}",
    )
