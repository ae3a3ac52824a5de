"""Exported files of tiny networks whose every part matters, and running them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from deepgin.export import export
from deepgin.network import Generator, build
from deepgin.network.blocks import NonLocal

onnxruntime = pytest.importorskip("onnxruntime")


def network(name: str, width: int) -> Generator:
    """Return a network of random weights, the same in every run; its attention does something."""
    torch.manual_seed(1)
    made = build(name, width)
    for module in made.modules():
        if isinstance(module, NonLocal):
            torch.nn.init.normal_(module.last.weight, std=0.5)
    return made.eval().requires_grad_(False)


def opened(path: Path) -> Any:
    """Open an ONNX file as somebody would who knows nothing of this package."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


@pytest.fixture(scope="session")
def network_of() -> Callable[..., Generator]:
    return network


@pytest.fixture(scope="session")
def open_onnx() -> Callable[[Path], Any]:
    return opened


@pytest.fixture(scope="session")
def exported(tmp_path_factory) -> Callable[..., Path]:
    """Exports a network once for all tests; returns the file."""
    made: dict[tuple[Any, ...], Path] = {}

    def file(name: str, width: int, ending: str = "onnx", **options: Any) -> Path:
        key = (name, width, ending, *sorted(options.items()))
        if key not in made:
            made[key] = tmp_path_factory.mktemp("export") / f"network.{ending}"
            export(network(name, width), made[key], **options)
        return made[key]

    return file


@pytest.fixture(scope="session")
def scene() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """Makes N pictures, uint8, N x H x W x 3, and holes of all kinds, bool, N x H x W."""

    def make(count: int, height: int, width: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        random = np.random.default_rng(seed)
        pictures = random.integers(0, 256, (count, height, width, 3), dtype=np.uint8)
        holes = random.random((count, height, width)) < 0.1
        holes[:, height // 4 : height // 2 + 1, width // 3 : width // 2 + 1] = True
        holes[-1, :, -width // 3 :] = True
        return pictures, holes

    return make
