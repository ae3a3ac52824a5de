"""The methods that need no other package: mean colour and pull-push."""

import numpy as np

from ...network.prefill import pull_push
from ...runtimes.torch import from_array, to_bytes
from ...version import __version__
from .base import Method, guarded, plain

SIMPLE = ("mean", "pull-push")


def simple_of(name: str) -> Method:
    """Return `mean` or `pull-push`."""
    if name == "mean":
        return Method(name, "mean colour of the valid pixels", guarded(name, plain(_mean)))
    what = f"pull-push (Gortler et al. 1996) of deepgin {__version__}"
    return Method(name, what, guarded(name, plain(_pull_push)))


def _mean(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
    colour = picture[~hole].mean(0, dtype=np.float64)
    picture[hole] = (colour + 0.5).astype(np.uint8)
    return picture


def _pull_push(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
    image = from_array(picture).permute(2, 0, 1)[None].float() / 255
    return to_bytes(pull_push(image, from_array(hole)[None, None].float()))[0]
