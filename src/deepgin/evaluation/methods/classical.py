"""Classical methods: mean colour, pull-push, and those of OpenCV, scikit-image and PyPatchMatch."""

from importlib import import_module
from importlib.metadata import version
from typing import Any

import numpy as np

from ...errors import DeepginError
from ...network.prefill import pull_push
from ...runtimes.torch import from_array, to_bytes
from ...version import __version__
from .base import Method, Plain, guarded, plain

SIMPLE = ("mean", "pull-push")
PHOTO = {"telea": "INPAINT_TELEA", "navier-stokes": "INPAINT_NS"}
XPHOTO = {
    "shift-map": "INPAINT_SHIFTMAP",
    "fsr-fast": "INPAINT_FSR_FAST",
    "fsr-best": "INPAINT_FSR_BEST",
}
CLASSICAL = (*SIMPLE, *PHOTO, *XPHOTO, "biharmonic", "patchmatch")
_RADIUS = 5
_PATCH_RADIUS = 3
_PATCH_SEED = 0


def classical_of(kind: str, name: str) -> Method:
    """Return the method of a kind of `CLASSICAL`; DeepginError if its package is missing."""
    fill: Plain
    if kind == "mean":
        what, fill = "mean colour of the valid pixels", _mean
    elif kind == "pull-push":
        what, fill = f"pull-push (Gortler et al. 1996) of deepgin {__version__}", _pull_push
    elif kind == "biharmonic":
        what, fill = _biharmonic()
    elif kind == "patchmatch":
        what, fill = _patchmatch()
    else:
        what, fill = _opencv(kind)
    return Method(name, what, guarded(kind, plain(fill)))


def _imported(kind: str, module: str, package: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise DeepginError(
            f"'{kind}' needs {package}",
            field="methods",
            mend=f"pip install 'deepgin[evaluate]', or leave {kind} out of {{methods}}",
        ) from error


def _mean(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
    colour = picture[~hole].mean(0, dtype=np.float64)
    picture[hole] = (colour + 0.5).astype(np.uint8)
    return picture


def _pull_push(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
    image = from_array(picture).permute(2, 0, 1)[None].float() / 255
    return to_bytes(pull_push(image, from_array(hole)[None, None].float()))[0]


def _biharmonic() -> tuple[str, Plain]:
    """Return scikit-image's biharmonic inpainting (Damelin and Hoang 2018)."""
    restoration = _imported("biharmonic", "skimage.restoration", "scikit-image")

    def fill(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
        filled = restoration.inpaint_biharmonic(picture / 255, hole, channel_axis=-1)
        return (filled.clip(0, 1) * 255 + 0.5).astype(np.uint8)

    return f"scikit-image {version('scikit-image')} inpaint_biharmonic", fill


def _patchmatch() -> tuple[str, Plain]:
    """Return PyPatchMatch (Barnes et al. 2009) with the paper's patches of 7 x 7 pixels."""
    package = _imported("patchmatch", "patchmatch", "PyPatchMatch")
    if not getattr(package, "patchmatch_available", False):
        raise DeepginError(
            "'patchmatch' needs PyPatchMatch's own library, which failed to build",
            field="methods",
            mend="reinstall PyPatchMatch as its page says, or leave patchmatch out of {methods}",
        )

    def fill(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
        package.set_random_seed(_PATCH_SEED)  # the seed is global: other code may have changed it
        return package.inpaint(picture, hole, patch_size=_PATCH_RADIUS)

    patches = "patches of {0} x {0}".format(2 * _PATCH_RADIUS + 1)
    return f"PyPatchMatch {package.__version__}, {patches}, seed {_PATCH_SEED}", fill


def _opencv(kind: str) -> tuple[str, Plain]:
    """Return Telea or Navier-Stokes of OpenCV's `photo`, or shift-map or FSR of its `xphoto`."""
    cv2 = _imported(kind, "cv2", "OpenCV")

    def photo(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
        bgr, flag = (
            np.ascontiguousarray(picture[..., ::-1]),
            getattr(cv2, PHOTO.get(kind, "INPAINT_TELEA")),
        )
        return cv2.inpaint(bgr, hole.astype(np.uint8) * 255, _RADIUS, flag)[..., ::-1]

    def xphoto(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
        filled = np.zeros_like(picture)
        # Masks of xphoto have the opposite polarity of photo's: nonzero is valid.
        valid = (~hole).astype(np.uint8) * 255
        cv2.xphoto.inpaint(picture, valid, filled, getattr(cv2.xphoto, XPHOTO[kind]))
        return filled

    def frequency_selective(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
        return xphoto(np.ascontiguousarray(picture[..., ::-1]), hole)[..., ::-1]

    def shift_map(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
        """Statistics of patch offsets (He and Sun 2012).

        If none of its 60 offsets leads to a valid pixel, OpenCV leaves samples of 0. No RGB
        colour is (0, 0, 0) in 8-bit CIELAB, so these pixels are known, and Telea fills them.
        """
        filled = xphoto(cv2.cvtColor(picture, cv2.COLOR_RGB2Lab), hole)
        left = hole & ~filled.any(2)
        # CIELAB changes some valid pixels; Telea should start from the originals.
        mixed = np.where(hole[..., None], cv2.cvtColor(filled, cv2.COLOR_Lab2RGB), picture)
        return photo(mixed, left) if left.any() else mixed

    opencv = f"OpenCV {cv2.__version__}"
    if kind in PHOTO:
        return f"{opencv} inpaint, {PHOTO[kind]}, radius {_RADIUS}", photo
    if not hasattr(cv2, "xphoto"):
        raise DeepginError(
            f"'{kind}' needs OpenCV's contrib part",
            field="methods",
            mend="pip install opencv-contrib-python-headless in place of the installed OpenCV, "
            f"or leave {kind} out of {{methods}}",
        )
    opencv = f"{opencv} xphoto.inpaint, {XPHOTO[kind]}"
    if kind == "shift-map":
        return f"{opencv}, in CIELAB, what it leaves empty filled by INPAINT_TELEA", shift_map
    return f"{opencv}, in BGR", frequency_selective
