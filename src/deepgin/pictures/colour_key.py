"""Masks from a marker colour, with its soft or compressed rim."""

import numpy as np
from PIL import ImageColor
from scipy import ndimage  # type: ignore[import-untyped]

from ..errors import UsageError

COLOUR_TOLERANCE = 24
# A soft rim is followed outwards by so many pixels a round, as long as it goes on.
_REACH, _ROUNDS = 4, 4
# A pixel is rim if its distance to the colour is below this share of that of all picture around,
# and painted, whatever its neighbours are, below the second.
_RIM, _PAINTED = 0.9, 0.6
# Of a soft outline, at least this share is rim.
_SOFT = 0.25
_SQUARE = np.ones((3, 3), np.bool_)


def colour_mask(rgb: np.ndarray, colour: str, tolerance: int = COLOUR_TOLERANCE) -> np.ndarray:
    """Return a mask of all that is painted in one colour.

    That is all pixels near the colour, and the soft rim round them: connected pixels that are
    nearer to the colour than anything a few pixels further out.

    Args:
        rgb: uint8, H x W x 3.
        colour: `#ff00ff`, or a name as in CSS.
        tolerance: how far each of red, green and blue may be from it, 0 to 255; 0 takes the exact
            colour, without a rim. The default is for a JPEG of quality 75.

    Returns:
        bool, H x W.

    Raises:
        UsageError: no such colour, or a tolerance outside 0 to 255.
    """
    if not 0 <= tolerance <= 255:
        problem = f"a tolerance of {tolerance} does not work"
        raise UsageError(problem, field="color_tolerance", mend="give 0 to 255")
    wanted = _value(colour)
    mask = _near(rgb, wanted, tolerance)
    if not tolerance or not mask.any():
        return mask
    margin = _REACH * (_ROUNDS + 2)
    rows, columns = (
        slice(max(indices[0] - margin, 0), indices[-1] + margin + 1)
        for indices in (np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0)))
    )
    mask[rows, columns] = _with_rim(mask[rows, columns], rgb[rows, columns], wanted)
    return mask


def near_misses(rgb: np.ndarray, colour: str, tolerance: int, mask: np.ndarray) -> int:
    """Return how many pixels outside the mask are near the colour: at twice the tolerance, or 32.

    Arguments are those of `colour_mask`, and what it returned.
    """
    return int((_near(rgb, _value(colour), max(2 * tolerance, 32)) & ~mask).sum())


def _value(colour: str) -> tuple[int, ...]:
    try:
        return ImageColor.getrgb(colour)[:3]
    except ValueError as error:
        problem = f"'{colour}' is no colour"
        raise UsageError(problem, field="color", mend="write #ff00ff or magenta") from error


def _near(rgb: np.ndarray, wanted: tuple[int, ...], tolerance: int) -> np.ndarray:
    least = np.array([max(value - tolerance, 0) for value in wanted], np.uint8)
    most = np.array([min(value + tolerance, 255) for value in wanted], np.uint8)
    return np.asarray(((rgb >= least) & (rgb <= most)).all(axis=2))


def _with_rim(mask: np.ndarray, rgb: np.ndarray, wanted: tuple[int, ...]) -> np.ndarray:
    """Return the mask with its soft rim."""
    distance = np.zeros(mask.shape, np.float32)
    for channel, value in enumerate(wanted):
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
