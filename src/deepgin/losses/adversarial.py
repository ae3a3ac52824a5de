"""The hinge losses of discriminators and generator ([P] eqs. 2, 3) and R1, on score maps."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from .features import full


def hinge_discriminator(
    real: Sequence[Tensor], fake: Sequence[Tensor], halved: bool = False
) -> Tensor:
    """Return mean(max(0, 1 - real)) + mean(max(0, 1 + fake)), summed over discriminators.

        >>> real, fake = torch.tensor([[[[2.0, 0.5]]]]), torch.tensor([[[[-3.0, 0.0]]]])
        >>> hinge_discriminator([real], [fake])  # (0 + 0.5) / 2 + (0 + 1) / 2
        tensor(0.7500)

    Args:
        real, fake: each discriminator's score (N x C x H x W) of the true and of the completed
            pictures, whose generator is detached. The means are over all elements.
        halved: half of it [C]; [P] takes the whole.
    """
    loss = torch.stack(
        [
            F.relu(1 - full(r)).mean() + F.relu(1 + full(f)).mean()
            for r, f in zip(real, fake, strict=True)
        ]
    ).sum()
    return loss / 2 if halved else loss


def hinge_generator(fake: Sequence[Tensor]) -> Tensor:
    """Return -mean(fake), summed over discriminators ([P] eq. 3).

        >>> hinge_generator([torch.tensor([[[[-3.0, 1.0]]]])])
        tensor(1.)

    Args:
        fake: each discriminator's score (N x C x H x W) of the completed pictures.
    """
    return torch.stack([-full(score).mean() for score in fake]).sum()


def gradient_penalty(real: Sequence[Tensor], picture: Tensor) -> Tensor:
    """Return the mean over samples of |d(sum of all scores) / d(picture)|^2.

    The R1 penalty (Mescheder et al. 2018) as LaMa has it; not in [P]. It can be differentiated by
    the discriminators' weights.

        >>> picture = torch.ones(2, 3, 1, 1, requires_grad=True)
        >>> gradient_penalty([2 * picture], picture).item()  # three slopes of 2 in each sample
        12.0

    Args:
        real: each discriminator's score (N x C x H x W) of `picture`.
        picture: N x 3 x H x W, the true pictures; it required gradients when they were scored.
    """
    scores = torch.stack([full(score).sum() for score in real]).sum()
    (slope,) = torch.autograd.grad(scores, picture, create_graph=True)
    return full(slope).square().flatten(1).sum(1).mean()
