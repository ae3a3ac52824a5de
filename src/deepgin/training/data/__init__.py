"""Training samples, from files to batches."""

import os
from collections.abc import Callable
from dataclasses import replace

import torch

from ..checks import check_data
from ..recipe import DataRecipe
from .batch import Batch, SampleMaker, Share
from .resident import ResidentSamples, TooLarge
from .samples import Samples
from .streams import StreamedSamples

__all__ = ["Batch", "SampleMaker", "Samples", "Share", "open_samples"]

_MOST_WORKERS = 16


def open_samples(
    recipe: DataRecipe,
    seed: int,
    device: torch.device,
    share: Share = Share(),  # noqa: B008, it is frozen
    guidance: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> SampleMaker:
    """Open the recipe's training pictures; see `SampleMaker`.

    Args:
        recipe, seed, device, share, guidance: as `SampleMaker` takes them. On CUDA 0 workers stand
            for as many as there are cores to spare.
        say: takes a line on what is done in another way than the recipe asks for.

    Raises:
        UsageError: a recipe that cannot work.
        TrainingError: pictures that cannot be read.
    """
    check_data(recipe)
    if device.type == "cuda" and not recipe.workers:
        processes = min(share.ranks, torch.cuda.device_count() or 1)
        recipe = replace(recipe, workers=spare_cores(processes))
    if recipe.is_remote:
        return StreamedSamples(recipe, seed, device, share, guidance)
    if recipe.resident:
        try:
            return ResidentSamples(recipe, seed, device, share, guidance)
        except TooLarge as error:
            say(f"{error}: they are read from disk in each epoch instead")
    return Samples(recipe, seed, device, share, guidance)


def spare_cores(processes: int) -> int:
    """Return how many workers each of so many processes on this machine may have: 1 to 16."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(_MOST_WORKERS, (cores or 1) // processes - 1))
