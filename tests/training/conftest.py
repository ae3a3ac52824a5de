"""A few small pictures, and a recipe that trains a tiny network on them in seconds."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from deepgin.perceptual import VGG19, Vgg
from deepgin.training.recipe import (
    DataRecipe,
    EmaRecipe,
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


def picture_bytes(seed: int, size: tuple[int, int] = (48, 40), kind: str = "PNG") -> bytes:
    """Smooth colours of their own for each seed, encoded."""
    draws = np.random.default_rng(seed)
    small = Image.fromarray(draws.integers(0, 256, (4, 4, 3), np.uint8))
    buffer = io.BytesIO()
    small.resize(size, Image.Resampling.BICUBIC).save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    for i in range(6):
        (folder / ("sub" if i % 2 else "") / f"{i:03d}.png").write_bytes(picture_bytes(i))
    return folder


@pytest.fixture
def recipe(photos: Path) -> Recipe:
    """24 samples of warm-up, no main stage, no perceptual network."""
    return Recipe(
        network=NetworkRecipe(width=4),
        data=DataRecipe(train=str(photos), size=32, smallest_scale=0.8, pictures_per_step=1),
        loss=LossRecipe(perceptual=0, style=0, network=""),
        optimiser=OptimiserRecipe(ramp_steps=2),
        warm_up=WarmUpRecipe(length=24, rate=2e-3),
        ema=EmaRecipe(half_lives=[6, 60]),
        watch=WatchRecipe(
            log_samples=6, validate_samples=12, validation_pictures=1, tensorboard=False
        ),
        precision="float32",
        threads=1,
    )


@pytest.fixture
def both_stages(recipe: Recipe) -> Recipe:
    """12 samples of warm-up, 18 of main stage with all there is; the network is to be injected."""
    return replace(
        recipe,
        loss=LossRecipe(gradient_penalty=0.001, style=1.0, network=""),
        warm_up=WarmUpRecipe(length=12, rate=2e-3),
        optimiser=replace(recipe.optimiser, discriminators="muon"),
        main=MainRecipe(
            length=18,
            discriminator_width=4,
            discriminator_first=6,
            decay=9,
        ),
    )


@pytest.fixture(scope="session")
def tiny_vgg() -> Vgg:
    """VGG's first layers, narrow and random: two of those that the losses look at."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Vgg(VGG19[:3], width=4)


@pytest.fixture(scope="session")
def vgg_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the first layer of a VGG-19, random; it tests recipes and measures nothing."""
    path = tmp_path_factory.mktemp("vgg") / "cut.safetensors"
    draws = torch.Generator().manual_seed(0)
    shapes = {"input.weight": (3, 3, 1, 1), "input.bias": (3,)}
    shapes |= {"conv1_1.weight": (64, 3, 3, 3), "conv1_1.bias": (64,)}
    save_file({k: 0.1 * torch.randn(s, generator=draws) for k, s in shapes.items()}, path)
    return path


class Quiet:
    """A watcher that only remembers."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.reports: list[tuple[int, int, float, str]] = []

    def line(self, text: str) -> None:
        self.lines.append(text)

    def progress(self, samples: int, total: int, left: float, text: str) -> None:
        self.reports.append((samples, total, left, text))


@pytest.fixture
def watcher() -> Quiet:
    return Quiet()


def equal(a: object, b: object) -> bool:
    if isinstance(a, torch.Tensor):
        return isinstance(b, torch.Tensor) and torch.equal(a, b)
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(equal(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(equal, a, b))  # type: ignore[arg-type]
    return a == b


def checkpoint_of(run: Path) -> dict[str, Any]:
    content = read_checkpoint(newest(run))
    del content["progress"]["seconds"], content["recipe"]
    return content


def samples_in(run: Path) -> int:
    return read_checkpoint(newest(run))["progress"]["samples"]


def endless(recipe: Recipe) -> Recipe:
    return replace(recipe, warm_up=replace(recipe.warm_up, length=10**8))
