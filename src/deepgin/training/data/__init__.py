"""Training samples, from files to batches. What is done with a batch is the loop's."""

from .batch import Batch, Share
from .recipe import DataRecipe, check_data
from .samples import SampleMaker, Samples, open_samples

__all__ = [
    "Batch",
    "DataRecipe",
    "SampleMaker",
    "Samples",
    "Share",
    "check_data",
    "open_samples",
]
