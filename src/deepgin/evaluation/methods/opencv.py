"""OpenCV's methods: Telea and Navier-Stokes of `photo`, shift-map and FSR of contrib's `xphoto`."""

from typing import Any

import numpy as np

from ...errors import DeepginError
from .base import Method, Plain, guarded, not_installed, plain

PHOTO = {"telea": "INPAINT_TELEA", "navier-stokes": "INPAINT_NS"}
XPHOTO = {
    "shift-map": "INPAINT_SHIFTMAP",
    "fsr-fast": "INPAINT_FSR_FAST",
    "fsr-best": "INPAINT_FSR_BEST",
}
_RADIUS = 5
_LEFT = "what it leaves empty filled by INPAINT_TELEA"


def opencv_of(name: str) -> Method:
    """Return one of OpenCV's methods.

    Raises:
        DeepginError: OpenCV, or its contrib part, is not installed.
    """
    try:
        import cv2
    except ImportError as error:
        raise not_installed(name, "OpenCV") from error
    fill: Plain
    if name in PHOTO:
        what = f"inpaint, {PHOTO[name]}, radius {_RADIUS}"
        fill = _Photo(cv2, getattr(cv2, PHOTO[name]))
    else:
        if not hasattr(cv2, "xphoto"):
            raise DeepginError(
                f"'{name}' needs OpenCV's contrib part: pip install opencv-contrib-python-headless "
                "in place of the OpenCV that is installed, or leave it out of --methods"
            )
        what = f"xphoto.inpaint, {XPHOTO[name]}"
        if name == "shift-map":
            what, fill = f"{what}, in CIELAB, {_LEFT}", _ShiftMap(cv2)
        else:
            what, fill = f"{what}, in BGR", _FrequencySelective(cv2, XPHOTO[name])
    return Method(name, f"OpenCV {cv2.__version__} {what}", guarded(name, plain(fill)))


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

    Where none of its 60 offsets leads to a valid pixel, OpenCV leaves samples of 0. In 8-bit
    CIELAB no colour of RGB is (0, 0, 0), so those pixels can be told, and Telea fills them.
    """

    def __init__(self, cv2: Any) -> None:
        self.cv2, self.rest = cv2, _Photo(cv2, cv2.INPAINT_TELEA)

    def __call__(self, picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
        lab = self.cv2.cvtColor(picture, self.cv2.COLOR_RGB2Lab)
        filled = np.zeros_like(lab)
        self.cv2.xphoto.inpaint(lab, _valid(hole), filled, self.cv2.xphoto.INPAINT_SHIFTMAP)
        left = hole & ~filled.any(2)
        # Back in RGB not all valid pixels are what they were, and Telea should not start from that.
        found = np.where(
            hole[..., None], self.cv2.cvtColor(filled, self.cv2.COLOR_Lab2RGB), picture
        )
        return self.rest(found, left) if left.any() else found


def _valid(hole: np.ndarray) -> np.ndarray:
    # xphoto's masks are the other way round than photo's: what is not zero is valid.
    return (~hole).astype(np.uint8) * 255
