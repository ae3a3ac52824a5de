"""A few small pictures, and a recipe that trains a tiny network on them in seconds."""

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepgin.training.recipe import (
    DataRecipe,
    EmaRecipe,
    NetworkRecipe,
    OptimiserRecipe,
    Recipe,
    WatchRecipe,
)


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
def shard(tmp_path: Path) -> Path:
    path = tmp_path / "shards" / "train-000.tar"
    path.parent.mkdir()
    with tarfile.open(path, "w") as tar:
        for i in range(6):
            content = picture_bytes(i, kind="AVIF" if i == 0 else "JPEG")
            member = tarfile.TarInfo(f"{i:03d}.{'avif' if i == 0 else 'jpg'}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def recipe(photos: Path) -> Recipe:
    return Recipe(
        network=NetworkRecipe(width=4),
        data=DataRecipe(train=str(photos), size=32, smallest_scale=0.8, pictures_per_step=1),
        optimiser=OptimiserRecipe(rate=2e-3, warmup_steps=2),
        ema=EmaRecipe(half_lives=[6, 60]),
        watch=WatchRecipe(log_samples=6, validate_samples=12, validation_pictures=1),
        samples=24,
        precision="float32",
        threads=1,
    )


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
