"""Perceptual, style and total variation losses ([P] eqs. 4 to 6), and what they compare.

Features are of the VGG-19 layers in `LAYERS`. [P] weighs all layers alike; [C] with 1/32 to 1.
"""

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


def as_seen(features: Mapping[str, Tensor], form: Form) -> dict[str, Tensor]:
    """Turn features from before their ReLU into what the losses of that form compare, in float32.

    [P] does not say; ours: before. [C]: its ReLUs work in place, so that all layers that another
    follows are seen after theirs, and the last, conv5_1, before.
    """
    if form == "paper":
        return {name: full(x) for name, x in features.items()}
    return {name: full(x if name == LAYERS[-1] else F.relu(x)) for name, x in features.items()}


def full(x: Tensor) -> Tensor:
    """Return half-precision tensors as float32, others as they are (float64 stays float64)."""
    return x.float() if x.dtype in (torch.bfloat16, torch.float16) else x


def perceptual(
    features: Mapping[str, Tensor], truth: Mapping[str, Tensor], form: Form = "paper"
) -> Tensor:
    """Return the mean absolute difference of features, summed over layers ([P] eq. 4).

    The loss of eq. 4 is this for `reconstructed` plus this for `completed`.

        >>> one, other = torch.zeros(1, 64, 8, 8), torch.full((1, 64, 8, 8), 3.2)
        >>> perceptual({"conv1_1": one}, {"conv1_1": other})
        tensor(3.2000)
        >>> perceptual({"conv1_1": one}, {"conv1_1": other}, "released")  # weighted by 1/32
        tensor(0.1000)

    Args:
        features: VGG layer name to ... x C x H x W, see `as_seen`.
        truth: those of the truth, under the same names, of the same or a broadcasting shape.
        form: the layers' weights, all 1 or [C]'s.
    """
    return torch.stack(
        [
            _weight(name, form) * (full(x) - full(truth[name])).abs().mean()
            for name, x in features.items()
        ]
    ).sum()


def gram(features: Tensor) -> Tensor:
    """Return F F^T / (C H W), ... x C x C in float32 at least, of features ... x C x H x W.

    >>> gram(torch.tensor([[[1.0, 3.0]], [[2.0, 0.0]]]))  # 2 x 1 x 2, divided by 4
    tensor([[2.5000, 0.5000],
            [0.5000, 1.0000]])
    """
    channels, height, width = features.shape[-3:]
    with torch.autocast(features.device.type, enabled=False):
        flat = full(features).flatten(-2)
        # The product is divided, not the features: they are far larger.
        return flat @ flat.mT / (channels * height * width)


def style(
    features: Mapping[str, Tensor], truth: Mapping[str, Tensor], form: Form = "paper"
) -> Tensor:
    """Return the mean difference of Gram matrices, summed over layers ([P] eq. 5).

    The loss of eq. 5 is this for `reconstructed` plus this for `completed`.

        >>> one, other = torch.zeros(1, 2, 4, 4), torch.ones(1, 2, 4, 4)
        >>> style({"conv1_1": one}, {"conv1_1": other})  # all of G are 16 / (2 x 4 x 4)
        tensor(0.5000)

    Args:
        features, truth: as of `perceptual`.
        form: `paper`, absolute differences, all layers weighted 1; `released`, squared
            differences, weighted as in [C], so that one weight of the whole means another
            strength in each.
    """
    terms = []
    for name, x in features.items():
        difference = gram(x) - gram(truth[name])
        distance = difference.abs() if form == "paper" else difference.square()
        terms.append(_weight(name, form) * distance.mean())
    return torch.stack(terms).sum()


def total_variation(picture: Tensor, form: Form = "paper") -> Tensor:
    """Return the mean difference of vertical neighbours plus that of horizontal ones ([P] eq. 6).

    The means are over all elements (pairs of neighbours, channels, samples).

        >>> picture = torch.tensor([0.0, 0.5]).expand(1, 3, 2, 2)  # two columns
        >>> total_variation(picture), total_variation(picture, "released")
        (tensor(0.5000), tensor(0.5000))

    Args:
        picture: N x 3 x H x W, both sides at least 2.
        form: `paper`, absolute differences; `released`, twice the squared ones [C].
    """
    picture = full(picture)
    rows = picture[:, :, 1:] - picture[:, :, :-1]
    columns = picture[..., 1:] - picture[..., :-1]
    if form == "paper":
        return rows.abs().mean() + columns.abs().mean()
    return 2 * (rows.square().mean() + columns.square().mean())


def _weight(name: str, form: Form) -> float:
    return 1.0 if form == "paper" else RELEASED_WEIGHTS[name]
