"""The pull-push filling that `deepgin-prefill` starts from. Ours, not the paper's."""

import torch.nn.functional as F
from torch import Tensor

_LEVELS_AT_256 = 7


def pull_push(image: Tensor, mask: Tensor) -> Tensor:
    """Fill holes smoothly from their surroundings (Gortler et al. 1996).

    Halve the valid colours and their coverage by 2 x 2 averages until the longer side is one or
    two pixels (seven times at 256), then go back up: each level keeps its own colours as far as
    they are covered and takes the enlarged coarser level elsewhere.

    Args:
        image: N x C x H x W; what stands under the mask does not matter.
        mask: N x 1 x H x W, 1 = missing.

    Returns:
        N x C x H x W: `image` outside the mask, the filling inside.
    """
    height, width = image.shape[-2:]
    levels = max(_LEVELS_AT_256, (max(height, width) - 1).bit_length() - 1)
    side = 1 << levels
    # Padding with uncovered pixels makes every halving exact, whatever the size.
    border = (0, -width % side, 0, -height % side)
    covered = F.pad(1 - mask, border)
    colour = F.pad(image * (1 - mask), border)
    pyramid = []
    for _ in range(levels):
        pyramid.append((colour, covered))  # colours weighted by their coverage
        colour, covered = F.avg_pool2d(colour, 2), F.avg_pool2d(covered, 2)
    filled = _coarsest(colour, covered)
    for colour, covered in reversed(pyramid):
        larger = F.interpolate(filled, scale_factor=2, mode="bilinear", align_corners=False)
        filled = colour + larger * (1 - covered)
    return filled[..., :height, :width]


def _coarsest(colour: Tensor, covered: Tensor) -> Tensor:
    """Divide by the coverage; cells without any get the picture's mean, or grey without one."""
    tiny = 1e-12  # far below the coverage that one valid pixel gives in the largest pictures
    everything = covered.mean((2, 3), keepdim=True)
    mean = (colour.mean((2, 3), keepdim=True) + tiny * 0.5) / (everything + tiny)
    return (colour + tiny * mean) / (covered + tiny)
