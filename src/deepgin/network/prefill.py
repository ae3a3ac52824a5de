"""The pull-push filling that `deepgin-prefill` starts from. It is our addition to the paper."""

import torch.nn.functional as F
from torch import Tensor

LEVELS_AT_256 = 7


def pull_push(image: Tensor, mask: Tensor) -> Tensor:
    """Fill holes smoothly from their surroundings (Gortler et al. 1996).

    Halve the valid colours and their coverage until the longer side is one or two pixels (seven
    times at 256), then go back up: what a level does not cover comes from the coarser one.

    Args:
        image: N x C x H x W; what stands under the mask does not matter.
        mask: N x 1 x H x W, 1 = missing.

    Returns:
        N x C x H x W: `image` outside the mask, the filling inside.
    """
    levels = max(LEVELS_AT_256, (max(image.shape[-2:]) - 1).bit_length() - 1)
    pyramid = [(image * (1 - mask), 1 - mask)]  # colours weighted by their coverage
    for _ in range(levels):
        pyramid.append(_halve(*pyramid[-1]))
    filled = coarsest(*pyramid.pop())
    for colour, covered in reversed(pyramid):
        height, width = colour.shape[-2:]
        larger = F.interpolate(filled, scale_factor=2, mode="bilinear", align_corners=False)
        filled = colour + larger[..., :height, :width] * (1 - covered)
    return filled


def _halve(colour: Tensor, covered: Tensor) -> tuple[Tensor, Tensor]:
    # An odd row or column is completed with uncovered pixels.
    border = (0, colour.shape[-1] % 2, 0, colour.shape[-2] % 2)
    return F.avg_pool2d(F.pad(colour, border), 2), F.avg_pool2d(F.pad(covered, border), 2)


def coarsest(colour: Tensor, covered: Tensor) -> Tensor:
    """Divide by the coverage; cells without any get the picture's mean, or grey without one."""
    tiny = 1e-12  # far below the coverage that one valid pixel gives in the largest pictures
    everything = covered.mean((2, 3), keepdim=True)
    mean = (colour.mean((2, 3), keepdim=True) + tiny * 0.5) / (everything + tiny)
    return (colour + tiny * mean) / (covered + tiny)
