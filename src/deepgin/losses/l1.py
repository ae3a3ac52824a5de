"""The reconstruction loss ([P] eq. 1): L1 in the hole and outside it, over three pictures."""

from torch import Tensor

from ..network import Filled
from ..network.blocks import resize


def weighted_l1(picture: Tensor, truth: Tensor, mask: Tensor, hole: float = 5.0) -> Tensor:
    """Return hole * mean(|picture - truth| m) + mean(|picture - truth| (1 - m)), a scalar.

    Both means are over all elements [C], so that a small hole weighs little.

    Args:
        picture, truth: N x 3 x H x W.
        mask: N x 1 x H x W in [0, 1], 1 = missing; soft values share a pixel between the terms.
        hole: the weight of the hole, 5 in [P].
    """
    return ((picture - truth).abs() * (1 + (hole - 1) * mask)).mean()


def reconstruction(filled: Filled, truth: Tensor, mask: Tensor, hole: float = 5.0) -> Tensor:
    """Sum `weighted_l1` over coarse, reconstructed and low-resolution pictures ([P] eq. 1).

    The low-resolution picture is compared with the truth at a quarter of the size, under the mask
    at that size, soft at its edge. What a variant does not have is left out.
    """
    loss = weighted_l1(filled.reconstructed, truth, mask, hole)
    if filled.coarse is not filled.reconstructed:
        loss = loss + weighted_l1(filled.coarse, truth, mask, hole)
    if filled.low_resolution is not None:
        small, small_mask = resize(truth, 1 / 4), resize(mask, 1 / 4)
        loss = loss + weighted_l1(filled.low_resolution, small, small_mask, hole)
    return loss
