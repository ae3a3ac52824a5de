"""The hinge losses of discriminators and generator ([P] eqs. 2, 3), on score maps."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from .layers import full


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

    Returns:
        A scalar, float32 at least.
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
