"""Classical methods: mean colour, pull-push, and those of OpenCV, scikit-image and PyPatchMatch."""

from importlib.metadata import version
from typing import Any

import numpy as np

from ...errors import DeepginError
from ...network.prefill import pull_push
from ...runtimes.torch import from_array, to_bytes
from ...version import __version__
from .base import Method, Plain, guarded, not_installed, plain

SIMPLE = ("mean", "pull-push")
PHOTO = {"telea": "INPAINT_TELEA", "navier-stokes": "INPAINT_NS"}
XPHOTO = {
    "shift-map": "INPAINT_SHIFTMAP",
    "fsr-fast": "INPAINT_FSR_FAST",
    "fsr-best": "INPAINT_FSR_BEST",
}
CLASSICAL = (*SIMPLE, *PHOTO, *XPHOTO, "biharmonic", "patchmatch")
_RADIUS = 5
_LEFT = "what it leaves empty filled by INPAINT_TELEA"
_PATCH_RADIUS = 3
_PATCH_SEED = 0


def classical_of(kind: str, name: str) -> Method:
    """Return a classical method.

    Args:
        kind: one of `CLASSICAL`.
        name: its name in the report.

    Raises:
        DeepginError: its package is not installed.
    """
    if kind in SIMPLE:
        what, fill = _simple(kind)
    elif kind == "biharmonic":
        what, fill = _biharmonic()
    elif kind == "patchmatch":
        what, fill = _patchmatch()
    else:
        what, fill = _opencv(kind)
    return Method(name, what, guarded(kind, plain(fill)))


def _simple(kind: str) -> tuple[str, Plain]:
    if kind == "mean":
        return "mean colour of the valid pixels", _mean
    return f"pull-push (Gortler et al. 1996) of deepgin {__version__}", _pull_push


def _mean(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
    colour = picture[~hole].mean(0, dtype=np.float64)
    picture[hole] = (colour + 0.5).astype(np.uint8)
    return picture


def _pull_push(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
    image = from_array(picture).permute(2, 0, 1)[None].float() / 255
    return to_bytes(pull_push(image, from_array(hole)[None, None].float()))[0]


def _biharmonic() -> tuple[str, Plain]:
    """Return scikit-image's biharmonic inpainting (Damelin and Hoang 2018)."""
    try:
        from skimage.restoration import inpaint_biharmonic
    except ImportError as error:
        raise not_installed("biharmonic", "scikit-image") from error

    def fill(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
        filled = inpaint_biharmonic(picture / 255, hole, channel_axis=-1)
        return (filled.clip(0, 1) * 255 + 0.5).astype(np.uint8)

    return f"scikit-image {version('scikit-image')} inpaint_biharmonic", fill


def _patchmatch() -> tuple[str, Plain]:
    """Return PyPatchMatch (Barnes et al. 2009) with the paper's patches of 7 x 7 pixels."""
    try:
        import patchmatch as package
    except ImportError as error:
        raise not_installed("patchmatch", "PyPatchMatch") from error
    if not getattr(package, "patchmatch_available", False):
        raise DeepginError(
            "'patchmatch' needs PyPatchMatch's own library, which failed to build",
            field="methods",
            mend="reinstall PyPatchMatch as its page says, or leave patchmatch out of {methods}",
        )

    def fill(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
        package.set_random_seed(_PATCH_SEED)  # the seed is global: other code may have changed it
        return package.inpaint(picture, hole, patch_size=_PATCH_RADIUS)

    side = 2 * _PATCH_RADIUS + 1
    return (
        f"PyPatchMatch {package.__version__}, patches of {side} x {side}, seed {_PATCH_SEED}",
        fill,
    )


def _opencv(kind: str) -> tuple[str, Plain]:
    """Return Telea or Navier-Stokes of OpenCV's `photo`, or shift-map or FSR of its `xphoto`."""
    try:
        import cv2
    except ImportError as error:
        raise not_installed(kind, "OpenCV") from error
    fill: Plain
    if kind in PHOTO:
        what = f"inpaint, {PHOTO[kind]}, radius {_RADIUS}"
        fill = _Photo(cv2, getattr(cv2, PHOTO[kind]))
    else:
        if not hasattr(cv2, "xphoto"):
            raise DeepginError(
                f"'{kind}' needs OpenCV's contrib part",
                field="methods",
                mend="pip install opencv-contrib-python-headless in place of the installed "
                f"OpenCV, or leave {kind} out of {{methods}}",
            )
        what = f"xphoto.inpaint, {XPHOTO[kind]}"
        if kind == "shift-map":
            what, fill = f"{what}, in CIELAB, {_LEFT}", _ShiftMap(cv2)
        else:
            what, fill = f"{what}, in BGR", _FrequencySelective(cv2, XPHOTO[kind])
    return f"OpenCV {cv2.__version__} {what}", fill


class _Photo:
    def __init__(self, cv2: Any, flag: int) -> None:
        self.cv2, self.flag = cv2, flag

    def __call__(self, picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
        bgr = np.ascontiguousarray(picture[..., ::-1])
        filled = self.cv2.inpaint(bgr, hole.astype(np.uint8) * 255, _RADIUS, self.flag)
        return filled[..., ::-1]


class _FrequencySelective:
    def __init__(self, cv2: Any, algorithm: str) -> None:
        self.cv2, self.algorithm = cv2, getattr(cv2.xphoto, algorithm)

    def __call__(self, picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
        bgr, filled = np.ascontiguousarray(picture[..., ::-1]), np.zeros_like(picture)
        self.cv2.xphoto.inpaint(bgr, _valid(hole), filled, self.algorithm)
        return filled[..., ::-1]


class _ShiftMap:
    """Statistics of patch offsets (He and Sun 2012).

    If none of its 60 offsets leads to a valid pixel, OpenCV leaves samples of 0. No RGB colour is
    (0, 0, 0) in 8-bit CIELAB, so these pixels are known, and Telea fills them.
    """

    def __init__(self, cv2: Any) -> None:
        self.cv2, self.rest = cv2, _Photo(cv2, cv2.INPAINT_TELEA)

    def __call__(self, picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
        lab = self.cv2.cvtColor(picture, self.cv2.COLOR_RGB2Lab)
        filled = np.zeros_like(lab)
        self.cv2.xphoto.inpaint(lab, _valid(hole), filled, self.cv2.xphoto.INPAINT_SHIFTMAP)
        left = hole & ~filled.any(2)
        # CIELAB changes some valid pixels; Telea should start from the originals.
        mixed = np.where(
            hole[..., None], self.cv2.cvtColor(filled, self.cv2.COLOR_Lab2RGB), picture
        )
        return self.rest(mixed, left) if left.any() else mixed


def _valid(hole: np.ndarray) -> np.ndarray:
    # Masks of xphoto have the opposite polarity of photo's: nonzero is valid.
    return (~hole).astype(np.uint8) * 255
