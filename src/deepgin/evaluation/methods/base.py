"""The type of a method, the checks around every method, and texture on top of one."""

from collections.abc import Callable
from dataclasses import dataclass
from textwrap import shorten
from typing import TypeAlias

import numpy as np

from ...errors import DeepginError, PictureError, UsageError
from ...inpainting.textured import texture_over
from ...version import __version__

Fill: TypeAlias = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, str]]
"""uint8 H x W x 3 and bool H x W (True = missing) in; uint8 H x W x 3 and the fit out."""
Plain: TypeAlias = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""A fill without fits: returns the picture alone."""


@dataclass(frozen=True)
class Method:
    """A method to measure.

    Attributes:
        name: its name in the report.
        what: its description in one line: parameters, weights, version of the package.
        fill: see `Fill`. Pixels outside the hole are ignored. It changes neither array and does
            not see the truth in the hole.
    """

    name: str
    what: str
    fill: Fill


def plain(method: Plain) -> Fill:
    """Return a fill whose fit is empty."""
    return lambda picture, hole: (method(picture, hole), "")


def guarded(name: str, fill: Fill, hidden: int | None = 0) -> Fill:
    """Return `fill` with checks of its arrays, its result and its errors.

    Args:
        name: the name of the method, for messages.
        fill: receives copies that it may change; may raise anything.
        hidden: the grey level in place of the truth in the hole; None keeps the truth.

    Raises (when called):
        UsageError: arrays of another type or shape.
        PictureError: no valid pixels remain.
        DeepginError: the method fails, or returns no picture of this shape.
    """

    def guard(picture: np.ndarray, hole: np.ndarray) -> tuple[np.ndarray, str]:
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
            raise UsageError(f"a picture must be uint8 H x W x 3, not {_described(picture)}")
        if hole.dtype != np.bool_ or hole.shape != picture.shape[:2]:
            raise UsageError(f"a hole must be bool of the picture's size, not {_described(hole)}")
        if not hole.any():
            return picture.copy(), ""
        if hole.all():
            raise PictureError(f"{name}: no valid pixels remain")
        visible = np.array(picture, order="C")
        if hidden is not None:
            visible[hole] = hidden
        try:
            filled, fit = fill(visible, np.array(hole, order="C"))
        except DeepginError:
            raise
        except Exception as error:  # a plugged method may raise anything
            text = shorten(" ".join(str(error).split()), 300)
            raise DeepginError(f"{name} failed: {type(error).__name__}: {text}") from error
        shape = picture.shape
        if not isinstance(filled, np.ndarray) or filled.dtype != np.uint8 or filled.shape != shape:
            raise DeepginError(
                f"{name} returned {_described(filled)}: it must return a NumPy array, "
                f"uint8 {' x '.join(map(str, shape))}"
            )
        return np.array(filled, order="C"), fit  # a copy: a method may return one array twice

    return guard


def _described(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {' x '.join(map(str, value.shape))}"
    return f"a {type(value).__name__}"


def textured(method: Method, kind: str) -> Method:
    """Return a method that fills as another one does and then adds texture of the photograph.

    `kind` is the fit in the report where the method has none.
    """

    def fill(picture: np.ndarray, hole: np.ndarray) -> tuple[np.ndarray, str]:
        guide, fit = method.fill(picture, hole)
        done = texture_over(picture, hole, guide, fit or kind)
        return done.picture, done.fit

    what = f"{method.what}, texture of deepgin {__version__} over it"
    # The truth stays for methods with masked=keep; texture never looks into the hole.
    return Method(method.name, what, guarded(method.name, fill, hidden=None))
