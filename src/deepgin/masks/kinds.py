"""The kinds of mask by name. How each is made lives in the file of that name."""

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError, nearest_name
from .cellular import cellular
from .freeform import freeform
from .rectangle import rectangle

KINDS = ("rectangle", "freeform", "cellular")
"""The names `draw` takes."""


def check_kind(kind: str) -> None:
    """Raise UsageError, with the names there are, unless `kind` is one of `KINDS`."""
    if kind not in KINDS:
        hint = nearest_name(kind, KINDS)
        raise UsageError(f"no kind of mask is called '{kind}'{hint}; the kinds: {', '.join(KINDS)}")


def draw(
    kind: str, height: int, width: int, seed: int | str, *, absolute: bool = False
) -> NDArray[np.bool_]:
    """Return the mask of a kind, size (pixels) and seed; the same arguments give the same bits.

    `absolute` keeps free-form strokes at their lengths and widths of 256; other kinds ignore it.

    Returns: bool, shape (height, width), True = missing.
    Raises: UsageError for an unknown kind or a size under 1 pixel.
    """
    check_kind(kind)
    if kind == "rectangle":
        return rectangle(height, width, seed)
    if kind == "freeform":
        return freeform(height, width, seed, absolute=absolute)
    return cellular(height, width, seed)
