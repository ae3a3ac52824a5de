"""What many tests share: a tiny network's weights, and pictures and masks as files."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings
from PIL import Image

from deepgin.network import build
from deepgin.weights import save

# A busy machine is no failure.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights file of a network of width 4, the same in every run."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    network = build("deepgin-prefill", 4)
    save(network, path, training={"samples": 12}, licence="for tests")
    return path


@pytest.fixture
def photo() -> Callable[..., np.ndarray]:
    """Makes pictures of noise: uint8, height x width x 3."""

    def make(height: int, width: int, seed: int = 0) -> np.ndarray:
        return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)

    return make


@pytest.fixture
def pair(tmp_path: Path, photo: Callable[..., np.ndarray]) -> tuple[Path, Path]:
    """A picture file of 37 x 29 pixels and its mask, in a folder of their own."""
    folder = tmp_path / "inputs"
    folder.mkdir()
    mask = np.zeros((29, 37), np.uint8)
    mask[5:15, 10:25] = 255
    Image.fromarray(photo(29, 37)).save(folder / "photo.png")
    Image.fromarray(mask).save(folder / "mask.png")
    return folder / "photo.png", folder / "mask.png"
