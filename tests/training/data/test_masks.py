"""The masks of training samples."""

import numpy as np

from deepgin.training.data.masks import training_mask, training_masks
from deepgin.training.recipe import DataRecipe


def test_mask_windows_have_the_holes_of_256() -> None:
    """A window's strokes are twice as wide as those of a mask made for 128."""

    def edges(share: float) -> float:
        recipe = DataRecipe(size=128, mask_windows=share)
        masks = [training_mask("cellular", recipe, str(i)) for i in range(60)]
        return float(np.mean([np.abs(np.diff(m.astype(int), axis=1)).mean() for m in masks]))

    relative, windows = edges(0.0), edges(1.0)
    assert windows < 0.8 * relative
    recipe = DataRecipe(size=128, mask_windows=1.0)
    assert training_mask("rectangle", recipe, "0").shape == (128, 128)


def test_each_picture_has_one_of_each_kind_of_its_own() -> None:
    recipe = DataRecipe(size=64)
    masks = training_masks(recipe, 3, 11)
    assert masks.shape == (3, 64, 64)
    assert masks.dtype == bool
    assert np.array_equal(masks, training_masks(recipe, 3, 11))
    for other in (training_masks(recipe, 3, 12), training_masks(recipe, 4, 11)):
        assert all(not np.array_equal(a, b) for a, b in zip(masks, other, strict=True))
