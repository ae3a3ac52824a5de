"""What of a picture is missing: from a mask, a box, a colour or its own alpha. No filling here."""

from dataclasses import dataclass

import numpy as np

from ..errors import PictureError, UsageError
from ..pictures import Document, box_mask, colour_mask, resize_mask
from .options import Options
from .shaping import dilate

_MOST = 0.9


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
    document: Document, mask: np.ndarray | None, options: Options, name: str, mask_name: str
) -> Hole:
    """Return the hole that mask and options mean.

    Args:
        document: the picture.
        mask: bool, H x W; None where the options make it, or the picture's own alpha is meant.
        options: box, color, resize_mask, invert and dilate are used.
        name: the picture's name, for messages.
        mask_name: the mask's.

    Raises:
        PictureError: the mask has another size, or nothing is left to go by.
        UsageError: there is no mask, or a second one.
    """
    fill, mask_name = _marked(document, mask, options, mask_name)
    fill = _of_size(fill, document, options, name, mask_name) ^ options.invert
    fill = dilate(fill, options.dilate)
    own = mask is None and not options.box and not options.color
    unseen = document.unseen()
    hidden = fill | unseen
    missing = float(fill.mean())
    if hidden.all():
        what = "marks everything as missing" if missing == 1 else "leaves only transparent pixels"
        raise PictureError(f"{mask_name} {what}: nothing to go by is left")
    white, black, mend = "white", "black", "use --invert (in Python, invert=True)"
    if options.invert:
        white, black, mend = "black", "white", "leave --invert out"
    warnings: tuple[str, ...] = ()
    if not fill.any():
        warnings = (f"{mask_name} marks nothing as missing ({white}): nothing is filled",)
    elif missing > _MOST:
        warnings = (
            f"{mask_name} marks {missing:.1%} as missing ({white}): if {black} was meant, {mend}",
        )
    return Hole(fill, hidden, own, warnings)


def _marked(
    document: Document, mask: np.ndarray | None, options: Options, mask_name: str
) -> tuple[np.ndarray, str]:
    """Return what is marked, in whatever size, and what it is called."""
    option = "box" if options.box else "color" if options.color else ""
    if mask is not None:
        if option:
            raise UsageError(f"--{option} makes the mask: give no mask beside it")
        return mask, mask_name
    if options.box:
        return box_mask(document.size, options.box), f"the box {options.box}"
    if options.color:
        return colour_mask(document.rgb(), options.color), f"the colour {options.color}"
    return document.own_hole(), "the picture's own alpha"


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
        f"{size[0]} x {size[1]}: make the mask as large as the picture, or use --resize-mask"
    )
