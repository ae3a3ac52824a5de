"""Matching the discriminators' hidden maps, as LaMa does (Suvorov et al. 2022). Not in [P]."""

from collections.abc import Sequence

import torch
from torch import Tensor

from .precision import full


def feature_matching(real: Sequence[Sequence[Tensor]], fake: Sequence[Sequence[Tensor]]) -> Tensor:
    """Return the mean over all hidden maps of the mean squared difference, a scalar.

        >>> one, other = torch.zeros(1, 2, 4, 4), torch.full((1, 2, 4, 4), 3.0)
        >>> feature_matching([[one, one]], [[other, other]])  # the last map, the score, is left out
        tensor(9.)

    Args:
        real, fake: each discriminator's maps (N x C x H x W) of the true and of the completed
            pictures; the last, the score, is not compared. `real` is taken as constant.
    """
    return torch.stack(
        [
            (full(f) - full(r.detach())).square().mean()
            for real_maps, fake_maps in zip(real, fake, strict=True)
            for r, f in zip(real_maps[:-1], fake_maps[:-1], strict=True)
        ]
    ).mean()
