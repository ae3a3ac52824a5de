"""The VGG-19 layers that perceptual and style loss look at, in each form, and their precision."""

from collections.abc import Mapping
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

Form = Literal["paper", "released"]
"""`paper` is [P] as we read it, `released` is [C], the authors' code."""

RELEASED_WEIGHTS = {
    "conv1_1": 1 / 32,
    "conv2_1": 1 / 16,
    "conv3_1": 1 / 8,
    "conv4_1": 1 / 4,
    "conv5_1": 1.0,
}
LAYERS = tuple(RELEASED_WEIGHTS)


def layer_weight(name: str, form: Form) -> float:
    """Return the weight of a layer's term: 1 [P], or rising with depth to 1 [C]."""
    return 1.0 if form == "paper" else RELEASED_WEIGHTS[name]


def as_seen(features: Mapping[str, Tensor], form: Form) -> dict[str, Tensor]:
    """Turn features from before their ReLU into what the losses of that form compare.

    [P] does not say; ours: before. [C]: its ReLUs work in place, so that all layers that another
    follows are seen after theirs, and the last, conv5_1, before.

    Returns:
        Float32 at least.
    """
    if form == "paper":
        return {name: full(x) for name, x in features.items()}
    return {name: full(x if name == LAYERS[-1] else F.relu(x)) for name, x in features.items()}


def full(x: Tensor) -> Tensor:
    """Return half-precision tensors as float32, others as they are (float64 stays float64)."""
    return x.float() if x.dtype in (torch.bfloat16, torch.float16) else x


def no_autocast(x: Tensor) -> torch.autocast:
    """Return a context in which products on the device of `x` keep their inputs' type."""
    return torch.autocast(x.device.type, enabled=False)
