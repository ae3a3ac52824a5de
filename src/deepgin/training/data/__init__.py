"""Training samples, from files to batches."""

import torch

from ..checks import check_data
from ..recipe import DataRecipe
from .batch import Batch, SampleMaker, Share
from .resident import ResidentSamples
from .samples import Samples
from .streams import StreamedSamples

__all__ = ["Batch", "SampleMaker", "Samples", "Share", "open_samples"]


def open_samples(
    recipe: DataRecipe,
    seed: int,
    device: torch.device,
    share: Share = Share(),  # noqa: B008, it is frozen
    guidance: bool = False,
) -> SampleMaker:
    """Open the recipe's training pictures; see `SampleMaker`.

    Raises:
        UsageError: a recipe that cannot work.
        TrainingError: pictures that cannot be read.
    """
    check_data(recipe)
    if recipe.is_remote:
        return StreamedSamples(recipe, seed, device, share, guidance)
    if recipe.resident:
        return ResidentSamples(recipe, seed, device, share, guidance)
    return Samples(recipe, seed, device, share, guidance)
