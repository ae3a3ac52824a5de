"""Masks: read from pictures, made from a box or a marker colour, and resized."""

from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from PIL import Image, ImageColor
from scipy import ndimage  # type: ignore[import-untyped]

from ..errors import Note, UsageError
from .modes import has_alpha, is_deep, own_samples
from .read import is_deep_grey, open_upright, rgb_of, share_of_full

COLOUR_TOLERANCE = 24
# A soft rim is followed outwards by so many pixels a round, as long as it goes on.
_REACH, _ROUNDS = 4, 4
# A pixel is rim if its distance to the colour is below this share of that of all picture around,
# and painted, whatever its neighbours are, below the second.
_RIM, _PAINTED = 0.9, 0.6
# Of a soft outline, at least this share is rim.
_SOFT = 0.25
_SQUARE = np.ones((3, 3), np.bool_)


class Marks(NamedTuple):
    """What a mask marks.

    Attributes:
        mask: bool, H x W: what is missing.
        note: why it marks nothing although it is not black; empty if it does mark something.
    """

    mask: np.ndarray
    note: Note = Note("")


def read_mask(path: str | Path, threshold: float = 0.5) -> np.ndarray:
    """Read a mask file, upright: bool, H x W; see `marks_of`.

    Raises:
        PictureError: as for `opened`.
        UsageError: a threshold that is not above 0 and at most 1.
    """
    return read_marks(path, threshold).mask


def read_marks(source: str | Path | IO[bytes], threshold: float = 0.5, name: str = "") -> Marks:
    """Read a mask file as `read_mask` does, with a note of it."""
    check_threshold(threshold)
    return marks_of(open_upright(source, name), threshold)


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
    """Return the note of a mask whose brightest value, in [0, 1], is below the threshold."""
    if not brightest:
        return Note("")
    value = brightest * 255
    looks = f"its brightest value is {value:.3g} of 255"
    if 0.99 < value < 1.01:
        looks = "it looks like a mask of 0 and 1"
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


def resize_mask(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Bring a mask (bool, H x W) to another width and height.

    A pixel is missing where at least half of what it covers is; nearest where the mask grows.
    """
    shades = Image.fromarray(mask.astype(np.uint8) * np.uint8(255))
    return np.asarray(shades.resize(size, Image.Resampling.BOX)) >= 128


def box_mask(size: tuple[int, int], box: tuple[int, int, int, int]) -> np.ndarray:
    """Return a mask of one rectangle, cut at the picture's border: bool, H x W.

    Args:
        size: the picture's width and height.
        box: x, y, width and height in pixels, from the top left corner.

    Raises:
        UsageError: no pixel of the picture lies in it.
    """
    left, top, width, height = box
    mask = np.zeros(size[::-1], np.bool_)
    if width > 0 and height > 0:
        mask[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)] = True
    if not mask.any():
        raise UsageError(
            f"box {','.join(map(str, box))} holds no pixel of a picture of {size[0]} x {size[1]}",
            field="box",
        )
    return mask


def colour_mask(rgb: np.ndarray, colour: str, tolerance: int = COLOUR_TOLERANCE) -> np.ndarray:
    """Return a mask of all that is painted in one colour: bool, H x W.

    That is all pixels near the colour, and the soft rim round them: connected pixels that are
    nearer to the colour than anything a few pixels further out.

    Args:
        rgb: uint8, H x W x 3.
        colour: `#ff00ff`, or a name as in CSS.
        tolerance: how far each of red, green and blue may be from it, 0 to 255; 0 takes the exact
            colour, without a rim. The default is for a JPEG of quality 75.

    Raises:
        UsageError: no such colour, or a tolerance outside 0 to 255.
    """
    if not 0 <= tolerance <= 255:
        problem = f"a tolerance of {tolerance} does not work"
        raise UsageError(problem, field="color_tolerance", mend="give 0 to 255")
    marker = _value(colour)
    mask = _near(rgb, marker, tolerance)
    if not tolerance or not mask.any():
        return mask
    margin = _REACH * (_ROUNDS + 2)
    rows, columns = (
        slice(max(indices[0] - margin, 0), indices[-1] + margin + 1)
        for indices in (np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0)))
    )
    mask[rows, columns] = _with_rim(mask[rows, columns], rgb[rows, columns], marker)
    return mask


def near_misses(rgb: np.ndarray, colour: str, tolerance: int, mask: np.ndarray) -> int:
    """Count the pixels outside the mask that are near the colour: at twice the tolerance, or 32."""
    return int((_near(rgb, _value(colour), max(2 * tolerance, 32)) & ~mask).sum())


def _value(colour: str) -> np.ndarray:
    try:
        return np.array(ImageColor.getrgb(colour)[:3])
    except ValueError as error:
        problem = f"'{colour}' is no colour"
        raise UsageError(problem, field="color", mend="write #ff00ff or magenta") from error


def _near(rgb: np.ndarray, marker: np.ndarray, tolerance: int) -> np.ndarray:
    # As bytes, for speed.
    least, most = ((marker + t).clip(0, 255).astype(np.uint8) for t in (-tolerance, tolerance))
    return np.asarray(((rgb >= least) & (rgb <= most)).all(axis=2))


def _with_rim(mask: np.ndarray, rgb: np.ndarray, marker: np.ndarray) -> np.ndarray:
    """Return the mask with its soft rim."""
    distance = np.zeros(mask.shape, np.float32)
    for channel, value in enumerate(marker):
        distance += (rgb[..., channel] - np.float32(value)) ** 2
    np.sqrt(distance, out=distance)
    for _ in range(_ROUNDS):
        close = ndimage.maximum_filter(mask, 2 * _REACH + 1)
        outside = np.where(close, np.inf, distance)
        around = ndimage.minimum_filter(outside, 2 * _REACH + 3)
        least = outside.min()
        # In a corner, or deep in the mask, nothing else is around.
        around[np.isinf(around)] = least if np.isfinite(least) else 0
        rim = close & ~mask & (distance < _RIM * around)
        painted = mask | (rim & (distance < _PAINTED * around))
        grown = ndimage.binary_dilation(mask, _SQUARE, _REACH, painted)
        grown |= ndimage.binary_dilation(_soft(mask, rim), _SQUARE, _REACH, rim)
        if (grown == mask).all():
            break
        mask = grown
    return mask


def _soft(mask: np.ndarray, rim: np.ndarray) -> np.ndarray:
    """Return the parts of the mask that have a soft rim, not just a few pixels of noise."""
    parts, count = ndimage.label(mask, _SQUARE)
    outlines = np.where(mask, 0, ndimage.maximum_filter(parts, 3))
    length = np.bincount(outlines.ravel(), minlength=count + 1)
    of_rim = np.bincount(outlines[rim], minlength=count + 1)
    return mask & (of_rim > _SOFT * length)[parts]
