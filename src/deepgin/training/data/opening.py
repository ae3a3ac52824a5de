"""Choosing what makes batches: from local files, kept on the device, or from remote shards."""

import torch

from ..checks import check_data
from ..recipe import DataRecipe
from .batch import SampleMaker, Share
from .resident import ResidentSamples
from .samples import Samples
from .streams import StreamedSamples


def open_samples(
    recipe: DataRecipe,
    seed: int,
    device: torch.device,
    share: Share = Share(),  # noqa: B008, it is frozen
    guidance: bool = False,
) -> SampleMaker:
    """Open the recipe's training pictures.

    Args:
        recipe: which pictures, and how samples are made.
        seed: of order, crops and masks.
        device: where the network is.
        share: which part of every step is this process's.
        guidance: pictures come with their segmentation; those that have none are left out.

    Raises:
        UsageError: a recipe that cannot work; TrainingError: pictures that cannot be found.
    """
    check_data(recipe)
    if recipe.is_remote:
        return StreamedSamples(recipe, seed, device, share, guidance)
    if recipe.resident:
        return ResidentSamples(recipe, seed, device, share, guidance)
    return Samples(recipe, seed, device, share, guidance)
