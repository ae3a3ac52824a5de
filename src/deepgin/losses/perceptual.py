"""The perceptual loss on features ([P] eq. 4)."""

from collections.abc import Mapping

import torch
from torch import Tensor

from .layers import Form, full, layer_weight


def perceptual(
    features: Mapping[str, Tensor], truth: Mapping[str, Tensor], form: Form = "paper"
) -> Tensor:
    """Return the mean absolute difference of features, summed over layers, for one picture kind.

    The loss of eq. 4 is this for `reconstructed` plus this for `completed`.

        >>> one, other = torch.zeros(1, 64, 8, 8), torch.full((1, 64, 8, 8), 3.2)
        >>> perceptual({"conv1_1": one}, {"conv1_1": other})
        tensor(3.2000)
        >>> perceptual({"conv1_1": one}, {"conv1_1": other}, "released")  # weighted by 1/32
        tensor(0.1000)

    Args:
        features: VGG layer name to ... x C x H x W, as `layers.as_seen` gives them.
        truth: those of the truth, under the same names, of the same or a broadcasting shape.
        form: `paper`, all layers weighted 1; `released`, 1/32 to 1 from conv1_1 to conv5_1 [C].
    """
    return torch.stack(
        [
            layer_weight(name, form) * (full(x) - full(truth[name])).abs().mean()
            for name, x in features.items()
        ]
    ).sum()
