"""The reconstruction loss ([P] eq. 1): L1 in the hole and outside it, over three pictures."""

import torch
from torch import Tensor

from ..network import Filled
from ..network.blocks import resize
from .features import full


def weighted_l1(
    picture: Tensor, truth: Tensor, mask: Tensor, hole: float = 5.0, by_area: bool = False
) -> Tensor:
    """Return hole * mean(|picture - truth| m) + mean(|picture - truth| (1 - m)), a scalar.

    Both means are over all elements [C], so that a small hole weighs little.

        >>> truth, picture = torch.zeros(1, 3, 4, 4), torch.full((1, 3, 4, 4), 0.5)
        >>> mask = torch.zeros(1, 1, 4, 4)
        >>> mask[..., :2, :2] = 1  # a quarter: 5 x 0.5 / 4 + 0.5 x 3 / 4
        >>> weighted_l1(picture, truth, mask)
        tensor(1.)

    Args:
        picture, truth: N x 3 x H x W.
        mask: N x 1 x H x W in [0, 1], 1 = missing; soft values share a pixel between the terms.
        hole: the weight of the hole, 5 in [P].
        by_area: divide each sample's first mean by the share of its picture that is hole, and
            its second by the rest, so that every hole weighs the same; without a hole, or
            without anything else, that term is 0.
    """
    difference = (full(picture) - full(truth)).abs()
    if not by_area:
        return (difference * (1 + (hole - 1) * mask)).mean()
    # Clamped, since rounding takes a resized mask a little above 1.
    valid_share = (1 - mask).clamp_min(0)
    in_hole, valid = _mean_under(difference, mask), _mean_under(difference, valid_share)
    return (hole * in_hole + valid).mean()


def _mean_under(difference: Tensor, mask: Tensor) -> Tensor:
    """Return each sample's mean of `difference` weighted by `mask`, 0 where the mask is empty."""
    area = mask.mean((1, 2, 3))
    return (difference * mask).mean((1, 2, 3)) / torch.where(area > 0, area, 1)


def reconstruction(
    filled: Filled, truth: Tensor, mask: Tensor, hole: float = 5.0, by_area: bool = False
) -> Tensor:
    """Sum `weighted_l1` over coarse, reconstructed and low-resolution pictures ([P] eq. 1).

    The low-resolution picture is compared with the truth at a quarter of the size, under the mask
    at that size, soft at its edge. What a variant does not have is left out.
    """
    loss = weighted_l1(filled.reconstructed, truth, mask, hole, by_area)
    if filled.coarse is not filled.reconstructed:
        loss = loss + weighted_l1(filled.coarse, truth, mask, hole, by_area)
    if filled.low_resolution is not None:
        small, small_mask = resize(truth, 1 / 4), resize(mask, 1 / 4)
        loss = loss + weighted_l1(filled.low_resolution, small, small_mask, hole, by_area)
    return loss
