"""Texture of the photograph itself over what any method fills."""

import numpy as np

from ...inpainting.textured import texture_over
from ...version import __version__
from .base import Method, guarded


def textured(method: Method, kind: str) -> Method:
    """Return a method whose fill is that of another one with texture over it.

    Args:
        method: says what stands in the hole; it has its own guard.
        kind: what it is, in the fit's words where it has no fit.
    """

    def fill(picture: np.ndarray, hole: np.ndarray) -> tuple[np.ndarray, str]:
        guide, fit = method.fill(picture, hole)
        done = texture_over(picture, hole, guide, fit or kind)
        return done.picture, done.fit

    what = f"{method.what}, texture of deepgin {__version__} over it"
    # The truth stays there for methods that are to see it; texture never looks into the hole.
    return Method(method.name, what, guarded(method.name, fill, hidden=None))
