"""The R1 penalty on a discriminator's slope at true pictures (Mescheder et al. 2018). Not in [P]."""

from collections.abc import Sequence

import torch
from torch import Tensor

from .layers import full


def gradient_penalty(real: Sequence[Tensor], picture: Tensor) -> Tensor:
    """Return the mean over samples of |d(sum of all scores) / d(picture)|^2, as LaMa has it.

        >>> picture = torch.ones(2, 3, 1, 1, requires_grad=True)
        >>> gradient_penalty([2 * picture], picture).item()  # three slopes of 2 in each sample
        12.0

    Args:
        real: each discriminator's score (N x C x H x W) of `picture`.
        picture: N x 3 x H x W, the true pictures; it required gradients when they were scored.

    Returns:
        A scalar that can be differentiated by the discriminators' weights.
    """
    scores = torch.stack([full(score).sum() for score in real]).sum()
    (slope,) = torch.autograd.grad(scores, picture, create_graph=True)
    return full(slope).square().flatten(1).sum(1).mean()
