"""Training samples, from files to batches. What is done with a batch is the loop's."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .recipe import DataRecipe, check_data

__all__ = [
    "Batch",
    "DataRecipe",
    "SampleMaker",
    "Samples",
    "Share",
    "check_data",
    "open_samples",
]

if TYPE_CHECKING:
    from .batch import Batch, Share
    from .samples import SampleMaker, Samples, open_samples

# Imported on first use, so that a recipe can be read without waiting for torch.
_HOMES = {
    "Batch": "batch",
    "Share": "batch",
    "SampleMaker": "samples",
    "Samples": "samples",
    "open_samples": "samples",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
