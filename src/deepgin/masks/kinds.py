"""The kinds of mask by name."""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError, nearest_name
from .blob import blob
from .cellular import cellular
from .draws import Draws
from .freeform import freeform
from .rectangle import rectangle

Draw = Callable[[int, int, int | str], NDArray[np.bool_]]

KINDS = ("rectangle", "freeform", "cellular")
"""The three of the paper, which training takes."""


def _mixed(
    height: int, width: int, seed: int | str, *, absolute: bool = False
) -> NDArray[np.bool_]:
    kind = KINDS[Draws("mixed", seed).below(len(KINDS))]
    return draw(kind, height, width, seed, absolute=absolute)


_PAPER: dict[str, tuple[Draw, str]] = {
    "rectangle": (rectangle, "one rectangle, sides 0.3 to 0.7 of the picture's"),
    "freeform": (freeform, "15 to 23 free-form strokes, 10 to 24 pixels wide at 256"),
    "cellular": (cellular, "cellular automaton, cells of 1, 2, 4 or 8 pixels at 256"),
}
VARIATIONS: dict[str, tuple[Draw, str]] = {
    "blob": (blob, "one object-like blob of 3 to 10 % of the picture"),
    "freeform-thin": (partial(freeform, brush=1 / 3), "free-form, strokes a third as wide"),
    "freeform-absolute": (
        partial(freeform, absolute=True),
        "free-form, strokes 10 to 24 pixels wide at any size",
    ),
    "mixed": (_mixed, "one of rectangle, freeform and cellular, drawn for each picture"),
    "mixed-absolute": (
        partial(_mixed, absolute=True),
        "one of rectangle, freeform-absolute and cellular, drawn for each picture",
    ),
}
for percent in (5, 10, 20, 30, 40, 50, 60, 70):
    VARIATIONS[f"rectangle-{percent}"] = (
        partial(rectangle, rate=percent / 100),
        f"one rectangle of {percent} % of the picture",
    )
"""Kinds that measuring takes beside `KINDS`: how each is drawn, and what it is."""

_ALL = _PAPER | VARIATIONS


def check_kind(kind: str) -> None:
    """Raise UsageError, with the names there are, unless `draw` takes this one."""
    if kind not in _ALL:
        hint = nearest_name(kind, [*_ALL])
        raise UsageError(f"no kind of mask is called '{kind}'{hint}; the kinds: {', '.join(_ALL)}")


def definition(kind: str) -> str:
    """Return what a kind is, in a line."""
    check_kind(kind)
    return _ALL[kind][1]


def draw(
    kind: str, height: int, width: int, seed: int | str, *, absolute: bool = False
) -> NDArray[np.bool_]:
    """Return the mask of a kind, size (pixels) and seed: bool, (height, width), True = missing.

    The same arguments give the same bits. `absolute` keeps the strokes of `freeform` at their
    lengths and widths of 256; other kinds ignore it.

    Raises:
        UsageError: an unknown kind, or a size under 1 pixel.
    """
    check_kind(kind)
    if kind == "freeform":
        return freeform(height, width, seed, absolute=absolute)
    return _ALL[kind][0](height, width, seed)
