"""Whole runs on a GPU: they stop, go on in either form, and keep pictures in its memory."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
import torch

from deepgin.perceptual import VGG19, Vgg
from deepgin.training.fast.run import FastSteps
from deepgin.training.loop import Trainer
from deepgin.training.recipe import (
    DataRecipe,
    LossRecipe,
    MainRecipe,
    NetworkRecipe,
    OptimiserRecipe,
    Recipe,
    WarmUpRecipe,
    WatchRecipe,
)
from deepgin.training.run_folder import newest
from deepgin.training.state import read_checkpoint

from ..training.conftest import Quiet, picture_bytes

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU"),
]


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    """Both stages, 96 samples each, by Muon, from pictures in the GPU's memory."""
    photos = tmp_path / "photos"
    photos.mkdir()
    for i in range(8):
        (photos / f"{i}.png").write_bytes(picture_bytes(i, (80, 70)))
    return Recipe(
        network=NetworkRecipe(width=16),
        data=DataRecipe(train=str(photos), size=64, pictures_per_step=4, resident=True, workers=1),
        loss=LossRecipe(network=""),
        optimiser=OptimiserRecipe("muon", "muon", ramp_steps=2),
        warm_up=WarmUpRecipe(length=96),
        main=MainRecipe(length=96, discriminator_width=16, discriminator_first=24),
        watch=WatchRecipe(log_samples=12, log_seconds=0, tensorboard=False),
        device="cuda",
    )


@pytest.mark.parametrize("order", [("fast", "fast"), ("fast", "plain"), ("plain", "fast")])
@pytest.mark.parametrize("length", [48, 96])
def test_a_run_goes_on_in_either_form(
    recipe: Recipe, tmp_path: Path, order: tuple[Literal["fast", "plain"], ...], length: int
) -> None:
    first = replace(recipe, warm_up=WarmUpRecipe(length=length), main=MainRecipe(length=0))
    if length == 96:  # stops in the main stage
        first = replace(recipe, main=replace(recipe.main, length=48))
    for part, steps in zip((first, recipe), order, strict=True):
        watcher, vgg = Quiet(), Vgg(VGG19[:5], own_input=True)
        trainer = Trainer(replace(part, steps=steps), tmp_path / "run", watcher, perceptual=vgg)
        trainer.fit()
        assert isinstance(trainer.steps, FastSteps) is (steps == "fast")
        assert not [line for line in watcher.lines if "Triton" in line or "capture" in line]
    content = read_checkpoint(newest(tmp_path / "run"))
    assert content["progress"]["samples"] == 192
    assert content["guard"]["skipped"] == 0
    for part in ("network", "discriminators"):
        assert all(value.isfinite().all() for value in content[part].values())
