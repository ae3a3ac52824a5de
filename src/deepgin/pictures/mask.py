"""Reading mask pictures: which pixels they mark."""

from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from PIL import Image

from ..errors import Note, UsageError
from .modes import has_alpha, is_deep, own_samples
from .read import is_deep_grey, open_upright, rgb_of, share_of_full


class Marks(NamedTuple):
    """What a mask marks.

    Attributes:
        mask: bool, H x W: what is missing.
        note: why it marks nothing although it is not black; empty if it does mark something.
    """

    mask: np.ndarray
    note: Note = Note("")


def read_mask(path: str | Path, threshold: float = 0.5) -> np.ndarray:
    """Read a mask file: white (at or above `threshold`) is missing.

    Returns:
        bool, H x W, upright; see `marks_of`.

    Raises:
        PictureError: as for `opened`.
        UsageError: a threshold that is not above 0 and at most 1.
    """
    return read_marks(path, threshold).mask


def read_marks(source: str | Path | IO[bytes], threshold: float = 0.5, name: str = "") -> Marks:
    """Read a mask file as `read_mask` does, with what must be said of it."""
    check_threshold(threshold)
    return marks_of(open_upright(source, name), threshold)


def mask_of(picture: Image.Image, threshold: float = 0.5) -> np.ndarray:
    """Return the mask of an opened picture: bool, H x W; see `marks_of`."""
    return marks_of(picture, threshold).mask


def marks_of(picture: Image.Image, threshold: float = 0.5) -> Marks:
    """Return what an opened picture marks: white (at or above `threshold`) is missing.

    Colours are read as grey. Fully transparent pixels are not missing, whatever their colour. If
    the other pixels are all white, or all black, and alpha differs, the picture is a layer that
    was painted on: what is opaque (at or above `threshold`) is missing.

    Raises:
        UsageError: a threshold that is not above 0 and at most 1.
    """
    check_threshold(threshold)
    if is_deep_grey(picture):
        shades = share_of_full(picture)
    else:
        shades = np.asarray(rgb_of(picture).convert("L")) / 255
    alpha = _alpha(picture)
    if alpha is not None and alpha.min(initial=1) < 1:
        visible = alpha > 0
        marked = shades[visible] >= threshold
        painted = alpha.min() < alpha.max() and (marked.all() or not marked.any())
        shades = alpha if painted else np.where(visible, shades, 0)
    mask = shades >= threshold
    return Marks(mask, Note("") if mask.any() else faint(float(shades.max(initial=0))))


def faint(brightest: float) -> Note:
    """Return what to say of a mask whose brightest value, in [0, 1], is below the threshold."""
    if not brightest:
        return Note("")
    value = brightest * 255
    looks = (
        "it looks like a mask of 0 and 1"
        if 0.99 < value < 1.01
        else f"its brightest value is {value:.3g} of 255"
    )
    return Note(looks, mend=f"use {{threshold={brightest / 2:.2g}}}")


def check_threshold(threshold: float) -> None:
    """Refuse a threshold that is not above 0 and at most 1."""
    if not 0 < threshold <= 1:
        problem = f"a threshold of {threshold} does not work"
        raise UsageError(problem, field="threshold", mend="give one above 0 and at most 1")


def _alpha(picture: Image.Image) -> np.ndarray | None:
    """Return the picture's alpha in [0, 1], H x W, also of a transparent colour; None without."""
    if not picture.has_transparency_data:
        return None
    pixels, mode, _ = own_samples(picture)
    return pixels[..., -1] / (65535 if is_deep(mode) else 255) if has_alpha(mode) else None
