"""The methods that can be measured, by name: ours and classical ones. No measuring here."""

from pathlib import Path

import numpy as np

from ..errors import DeepginError, UsageError, nearest_name
from ..inpainting import Inpainter
from ..network.prefill import pull_push
from ..runtimes.torch import from_array, to_bytes
from .runner import Method

METHODS = ("deepgin", "pull-push", "telea", "navier-stokes", "fsr-fast")
_RADIUS = 5


def method(
    name: str, weights: str | Path | None = None, precision: str = "auto", device: str = "auto"
) -> Method:
    """Return the method of that name; what follows the name matters to `deepgin` alone.

    Raises:
        UsageError: no such method; DeepginError: OpenCV, or its contrib part, is not installed.
    """
    if name == "deepgin":
        inpainter = Inpainter(weights, device=device, precision=precision)
        return lambda picture, hole: np.asarray(inpainter(picture, hole))
    if name == "pull-push":
        return _pull_push
    if name in METHODS:
        return _opencv(name)
    raise UsageError(
        f"no method '{name}'{nearest_name(name, METHODS)}: choose from {', '.join(METHODS)}"
    )


def _pull_push(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
    image = from_array(picture).permute(2, 0, 1)[None].float() / 255
    return to_bytes(pull_push(image, from_array(hole)[None, None].float()))[0]


def _opencv(name: str) -> Method:
    try:
        import cv2
    except ImportError as error:
        raise DeepginError(
            f"'{name}' needs OpenCV: pip install 'deepgin[evaluate]', or leave it out of --methods"
        ) from error

    if name == "fsr-fast" and not hasattr(cv2, "xphoto"):
        raise DeepginError(
            f"'{name}' needs OpenCV's contrib part: pip install opencv-contrib-python-headless "
            "in place of the OpenCV that is installed, or leave it out of --methods"
        )

    def classical(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
        flag = cv2.INPAINT_TELEA if name == "telea" else cv2.INPAINT_NS
        bgr = np.ascontiguousarray(picture[..., ::-1])
        return cv2.inpaint(bgr, hole.astype(np.uint8) * 255, _RADIUS, flag)[..., ::-1]

    def frequency_selective(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
        bgr, filled = np.ascontiguousarray(picture[..., ::-1]), np.zeros_like(picture)
        valid = (~hole).astype(np.uint8) * 255
        cv2.xphoto.inpaint(bgr, valid, filled, cv2.xphoto.INPAINT_FSR_FAST)
        return filled[..., ::-1]

    return frequency_selective if name == "fsr-fast" else classical
