"""PatchMatch (Barnes et al. 2009) as the package PyPatchMatch has it."""

import numpy as np

from ...errors import DeepginError
from .base import Method, guarded, not_installed, plain

PATCHMATCH = ("patchmatch",)
_RADIUS = 3
_SEED = 0


def patchmatch_of(name: str) -> Method:
    """Return `patchmatch`, with the paper's patches of 7 x 7 pixels.

    Raises:
        DeepginError: PyPatchMatch, or the library that it drives, is not installed.
    """
    try:
        import patchmatch as package
    except ImportError as error:
        raise not_installed(name, "PyPatchMatch") from error
    if not getattr(package, "patchmatch_available", False):
        raise DeepginError(
            f"'{name}' needs PyPatchMatch's own library, whose building failed: reinstall it as "
            "its page says, or leave it out of --methods"
        )

    def fill(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
        package.set_random_seed(_SEED)  # is the process's: others may have set it since
        return package.inpaint(picture, hole, patch_size=_RADIUS)

    side = 2 * _RADIUS + 1
    what = f"PyPatchMatch {package.__version__}, patches of {side} x {side}, seed {_SEED}"
    return Method(name, what, guarded(name, plain(fill)))
