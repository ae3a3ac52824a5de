"""The masks of training samples."""

import random

import numpy as np

from ...masks import KINDS, draw
from ..recipe import DataRecipe

FULL = 256
"""The side in pixels for which the paper's masks are made."""


def training_masks(recipe: DataRecipe, seed: int, number: int | str) -> np.ndarray:
    """Draw the masks of the `number`-th picture, one of each kind: bool, K x size x size."""
    return np.stack([training_mask(kind, recipe, f"train/{seed}/{number}") for kind in KINDS])


def training_mask(kind: str, recipe: DataRecipe, seed: str) -> np.ndarray:
    """Draw a mask for a sample: bool, size x size.

    A share `mask_windows` of the free-form and cellular ones is a window of a mask drawn at 256,
    unless that happens to be nearly empty or full.
    """
    size = recipe.size
    draws = random.Random(f"window/{kind}/{seed}")
    if kind != "rectangle" and size < FULL and draws.random() < recipe.mask_windows:
        top, left = (int(draws.random() * (FULL - size + 1)) for _ in range(2))
        window = draw(kind, FULL, FULL, seed)[top : top + size, left : left + size]
        if 0.05 < window.mean() < 0.8:
            return window
    return draw(kind, size, size, seed)
