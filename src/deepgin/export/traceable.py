"""Forms of the network's parts whose steps do not depend on the picture's size."""

from collections.abc import Callable
from copy import deepcopy

import torch
from torch import Tensor

from ..network import Generator
from ..network.blocks import NonLocal
from ..network.prefill import LEVELS_AT_256, coarsest

# Pull-push then has as many levels as 16,384 pixels need; from one pixel on they change nothing.
_LEVELS = 13
# The scores of 512 x 512 are held in parts of at most 64 MB: 16 of the 16,384 positions at 1/4 of
# the size, 4 of those at 1/8. Both divide, as the sides are multiples of 16.
_PARTS = {"stage2.skip3.1": 16, "stage2.skip4.1": 4}


def traceable(network: Generator) -> Generator:
    """Return a copy of `network` that can be traced for all sizes at once, and gives the same."""
    copied = deepcopy(network).eval().requires_grad_(False)
    copied.prefill = _pull_push
    for name, module in copied.named_modules():
        if isinstance(module, NonLocal):
            module.attend = _attention(_PARTS.get(name, 1))
    return copied


def _pull_push(image: Tensor, mask: Tensor) -> Tensor:
    """Do what `network.prefill.pull_push` does, with the level to start from chosen by data."""
    # Products with matrices: pads by a remainder and slices give sizes that `torch.export` needs
    # minutes to compare.
    height, width = image.shape[-2:]
    pyramid = [torch.cat((image * (1 - mask), 1 - mask), 1)]
    for level in range(_LEVELS):
        pyramid.append(_halving(height, level) @ pyramid[-1] @ _halving(width, level).T)
    longer = torch.maximum(torch.arange(height)[-1], torch.arange(width)[-1]) + 1
    filled = coarsest(pyramid[-1][:, :3], pyramid[-1][:, 3:])
    for level in reversed(range(_LEVELS)):
        colour, covered = pyramid[level][:, :3], pyramid[level][:, 3:]
        larger = _doubling(height, level) @ filled @ _doubling(width, level).T
        filled = colour + larger * (1 - covered)
        if level >= LEVELS_AT_256:
            # The first level whose cells are so large that one or two of them make the side.
            filled = torch.where(longer <= 2 << level, coarsest(colour, covered), filled)
    return filled


def _halving(side: int, level: int) -> Tensor:
    """Return what averages the pairs of cells of a level; an odd one's pair is uncovered."""
    finer, coarser = torch.arange(_cells(side, level)), torch.arange(_cells(side, level + 1))
    return (finer // 2 == coarser.unsqueeze(1)).float() / 2


def _doubling(side: int, level: int) -> Tensor:
    """Return what enlarges the next level's cells bilinearly by 2."""
    finer, coarser = torch.arange(_cells(side, level)), torch.arange(_cells(side, level + 1))
    # What is beyond the edge is as at the edge. The last cell is the one too many.
    places = torch.clamp(finer / 2 - 0.25, min=0).minimum(coarser[-2])
    return torch.relu(1 - (places.unsqueeze(1) - coarser).abs())


def _cells(side: int, level: int) -> int:
    """Return how many cells a side has, with one too many from level 1 on, which is uncovered."""
    # So there are always two. `torch.export` specialises on sizes of one.
    return (side + (1 << level) - 1) // (1 << level) + 1 if level else side


def _attention(parts: int) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """Return attention that computes the queries in N parts, so as to hold fewer scores."""

    def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        across = key.transpose(-1, -2)
        queries = query.unflatten(2, (parts, -1)).unbind(2) if parts > 1 else (query,)
        return torch.cat([torch.softmax(part @ across, -1) @ value for part in queries], 2)

    return attend
