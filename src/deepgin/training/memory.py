"""Running the network compiled or with less memory; its results are the same."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from ..errors import TrainingError
from ..network import Filled, Generator
from .recipe import NetworkRecipe


def prepare_network(network: Generator, recipe: NetworkRecipe) -> Callable[..., Filled]:
    """Return what a step calls in place of `network`; its weights stay where they are."""
    if recipe.recompute:
        recompute(network)
    return torch.compile(network) if recipe.compile else network


def recompute(network: Generator) -> None:
    """Keep only the inputs of blocks, encoders and decoders, and run them again backwards.

    The gradients are the same bits; a training step takes about a third longer.
    """
    parts: list[nn.Module] = [network.stage1.encoder, *network.stage1.middle]
    parts.append(network.stage1.decoder)
    if stage2 := network.stage2:
        parts += [stage2.e1, stage2.e2, stage2.e3, stage2.e4, stage2.e5, *stage2.middle]
        parts += [stage2.d1, stage2.d2, stage2.d3, stage2.d4]
    for part in parts:
        part.forward = partial(checkpoint, part.forward, use_reentrant=False)


@contextmanager
def explained() -> Iterator[None]:
    """Turn running out of memory into one line that says what takes less.

    Raises:
        TrainingError: there is not enough memory.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        known = isinstance(error, MemoryError | torch.OutOfMemoryError)
        if not known and "allocate memory" not in str(error):  # so says torch on CPUs
            raise
        raise TrainingError(
            "there is not enough memory: lower data.pictures_per_step, data.size or "
            "network.width, raise optimiser.accumulate, or set network.recompute"
        ) from error
