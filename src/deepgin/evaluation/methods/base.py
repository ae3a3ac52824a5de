"""What a method is, and the guard around every one of them. No method lives here."""

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
"""The same of a method that has no fits."""


@dataclass(frozen=True)
class Method:
    """Something that fills holes, to be measured.

    Attributes:
        name: in the report: the one that the user gave it.
        what: it is, in a line: parameters, weights, version of the package.
        fill: fills one picture; see `Fill`. What it returns outside the hole is of no concern. It
            changes neither array, and sees nothing of what stands in the hole.
    """

    name: str
    what: str
    fill: Fill


def plain(method: Plain) -> Fill:
    """Return a method without fits as one whose fit is empty."""
    return lambda picture, hole: (method(picture, hole), "")


def guarded(name: str, fill: Fill, hidden: int | None = 0) -> Fill:
    """Return `fill` with its arrays, its result and its errors seen to.

    Args:
        name: the method's, for messages.
        fill: gets copies that it may change.
        hidden: the grey level that stands in the hole of its copy, so that the truth cannot leak;
            None leaves the truth there.

    Raises (when called):
        UsageError: arrays of another type or shape.
        PictureError: everything is missing.
        DeepginError: the method fails, in whatever way, or returns something else than a picture.
    """

    def guard(picture: np.ndarray, hole: np.ndarray) -> tuple[np.ndarray, str]:
        _check(picture, hole)
        if not hole.any():
            return picture.copy(), ""
        if hole.all():
            raise PictureError(f"{name}: everything is missing, nothing to go by is left")
        given = np.array(picture, order="C")
        if hidden is not None:
            given[hole] = hidden
        try:
            filled, fit = fill(given, np.array(hole, order="C"))
        except DeepginError:
            raise
        except Exception as error:  # methods are anybody's code
            told = shorten(" ".join(str(error).split()), 300)
            raise DeepginError(f"{name} failed: {type(error).__name__}: {told}") from error
        return _checked(name, filled, picture.shape), fit

    return guard


def _check(picture: np.ndarray, hole: np.ndarray) -> None:
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        raise UsageError(f"a picture must be uint8 H x W x 3, not {_described(picture)}")
    if hole.dtype != np.bool_ or hole.shape != picture.shape[:2]:
        raise UsageError(f"a hole must be bool of the picture's size, not {_described(hole)}")


def _checked(name: str, filled: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if not isinstance(filled, np.ndarray) or filled.dtype != np.uint8 or filled.shape != shape:
        raise DeepginError(
            f"{name} returned {_described(filled)}: it must return a NumPy array, "
            f"uint8 {' x '.join(map(str, shape))}"
        )
    return np.array(filled, order="C")  # its own: a method may hand out one array twice


def _described(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {' x '.join(map(str, value.shape))}"
    return f"a {type(value).__name__}"


def not_installed(name: str, package: str) -> DeepginError:
    """Return the error of a method whose package is missing."""
    return DeepginError(
        f"'{name}' needs {package}: pip install 'deepgin[evaluate]', or leave it out of --methods"
    )


def textured(method: Method, kind: str) -> Method:
    """Return a method that fills as another one does and then adds texture of the photograph.

    Args:
        method: fills the hole first; it has its own guard.
        kind: the fit in the report where the method has none.
    """

    def fill(picture: np.ndarray, hole: np.ndarray) -> tuple[np.ndarray, str]:
        guide, fit = method.fill(picture, hole)
        done = texture_over(picture, hole, guide, fit or kind)
        return done.picture, done.fit

    what = f"{method.what}, texture of deepgin {__version__} over it"
    # The truth stays for methods with masked=keep; texture never looks into the hole.
    return Method(method.name, what, guarded(method.name, fill, hidden=None))
