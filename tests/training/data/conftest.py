"""Makers of tiny trees and shards, and pictures in which every pixel is known."""

import io
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from deepgin.training.data import Batch


def same(a: Batch, b: Batch) -> bool:
    """Whether two batches hold the same samples and name the same position."""
    tensors = (torch.equal(a.pictures, b.pictures), torch.equal(a.masks, b.masks))
    return all(tensors) and a.position == b.position


@pytest.fixture
def noise() -> Callable[..., bytes]:
    """Makes encoded pictures of noise, of their own for each seed."""

    def make(seed: int, width: int = 40, height: int = 36, kind: str = "PNG") -> bytes:
        draws, buffer = np.random.default_rng(seed), io.BytesIO()
        pixels = draws.integers(0, 256, (height, width, 3), np.uint8)
        Image.fromarray(pixels).save(buffer, kind)
        return buffer.getvalue()

    return make


@pytest.fixture
def coordinates() -> Callable[[int, int], np.ndarray]:
    """Makes pictures whose red is the column, green the row (both below 256), blue 7."""

    def make(width: int, height: int) -> np.ndarray:
        rows, columns = np.mgrid[:height, :width]
        return np.stack([columns, rows, np.full_like(rows, 7)], -1).astype(np.uint8)

    return make


@pytest.fixture
def tree(tmp_path: Path) -> Callable[..., Path]:
    """Makes a folder with files of one content, by default none."""

    def make(names: Sequence[str], content: bytes = b"", folder: str = "tree") -> Path:
        for name in names:
            file = tmp_path / folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return tmp_path / folder

    return make


@pytest.fixture
def pack() -> Callable[[Path, dict[str, bytes]], Path]:
    """Writes a tar shard."""

    def make(path: Path, members: dict[str, bytes]) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(path, "w") as tar:
            for name, content in members.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        return path

    return make


@pytest.fixture
def shard(tmp_path: Path, noise: Callable[..., bytes], pack: Callable[..., Path]) -> Path:
    members = {f"{i:03d}.jpg": noise(i, kind="JPEG") for i in range(1, 6)}
    members = {"000.avif": noise(0, kind="AVIF")} | members
    return pack(tmp_path / "shards" / "train-000.tar", members)
