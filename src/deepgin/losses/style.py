"""The style loss on Gram matrices of features ([P] eq. 5)."""

from collections.abc import Mapping

import torch
from torch import Tensor

from .layers import Form, full, layer_weight, no_autocast


def gram(features: Tensor) -> Tensor:
    """Return F F^T / (C H W), ... x C x C in float32 at least, of features ... x C x H x W.

    >>> gram(torch.tensor([[[1.0, 3.0]], [[2.0, 0.0]]]))  # 2 x 1 x 2, divided by 4
    tensor([[2.5000, 0.5000],
            [0.5000, 1.0000]])
    """
    channels, height, width = features.shape[-3:]
    with no_autocast(features):
        flat = full(features).flatten(-2)
        # The product is divided, not the features: they are far larger.
        return flat @ flat.mT / (channels * height * width)


def style(
    features: Mapping[str, Tensor], truth: Mapping[str, Tensor], form: Form = "paper"
) -> Tensor:
    """Return the mean difference of Gram matrices, summed over layers, for one picture kind.

    The loss of eq. 5 is this for `reconstructed` plus this for `completed`.

        >>> one, other = torch.zeros(1, 2, 4, 4), torch.ones(1, 2, 4, 4)
        >>> style({"conv1_1": one}, {"conv1_1": other})  # all of G are 16 / (2 x 4 x 4)
        tensor(0.5000)

    Args:
        features: VGG layer name to ... x C x H x W, as `layers.as_seen` gives them.
        truth: those of the truth, under the same names, of the same or a broadcasting shape.
        form: `paper`, absolute differences, all layers weighted 1; `released`, squared
            differences, weighted 1/32 to 1 from conv1_1 to conv5_1 [C], so that one weight of
            the whole means another strength in each.
    """
    terms = []
    for name, x in features.items():
        difference = gram(x) - gram(truth[name])
        distance = difference.abs() if form == "paper" else difference.square()
        terms.append(layer_weight(name, form) * distance.mean())
    return torch.stack(terms).sum()
