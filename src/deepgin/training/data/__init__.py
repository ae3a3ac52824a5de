"""Training samples, from files to batches."""

from .batch import Batch, SampleMaker, Share
from .opening import open_samples
from .samples import Samples

__all__ = ["Batch", "SampleMaker", "Samples", "Share", "open_samples"]
