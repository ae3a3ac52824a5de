"""scikit-image's biharmonic inpainting."""

from importlib.metadata import version

import numpy as np

from .base import Method, guarded, not_installed, plain

SCIKIT = ("biharmonic",)


def scikit_of(name: str) -> Method:
    """Return `biharmonic` (Damelin and Hoang 2018).

    Raises:
        DeepginError: scikit-image is not installed.
    """
    try:
        from skimage.restoration import inpaint_biharmonic
    except ImportError as error:
        raise not_installed(name, "scikit-image") from error

    def biharmonic(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
        filled = inpaint_biharmonic(picture / 255, hole, channel_axis=-1)
        return (filled.clip(0, 1) * 255 + 0.5).astype(np.uint8)

    what = f"scikit-image {version('scikit-image')} inpaint_biharmonic"
    return Method(name, what, guarded(name, plain(biharmonic)))
