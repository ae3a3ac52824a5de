"""The tiny network as an ONNX file and as a graph, and pictures to fill."""

from pathlib import Path

import numpy as np
import pytest

from deepgin.export import export, export_graph
from deepgin.runtimes import onnx
from deepgin.weights import load, read_card


@pytest.fixture(scope="session")
def onnx_file(weights, tmp_path_factory) -> Path:
    """The tiny network's ONNX file."""
    pytest.importorskip("onnx")
    path = tmp_path_factory.mktemp("onnx") / "tiny.onnx"
    export(load(weights), path, card=read_card(weights))
    return path


@pytest.fixture(scope="session")
def graphs(weights, tmp_path_factory) -> Path:
    """A folder with the tiny network's graph."""
    pytest.importorskip("onnx")
    folder = tmp_path_factory.mktemp("graphs")
    export_graph(load(weights), folder / "deepgin-prefill-4.onnx")
    return folder


@pytest.fixture
def tiny_graphs(graphs, monkeypatch):
    """Has the runtimes find that graph."""
    monkeypatch.setattr(onnx, "GRAPHS", graphs)


@pytest.fixture
def batch(photo) -> tuple[np.ndarray, np.ndarray]:
    """Two pictures of 32 x 48 and their masks, bool."""
    masks = np.zeros((2, 32, 48), np.bool_)
    masks[0, 4:20, 6:30] = masks[1, 10:32, 20:48] = True
    return np.stack([photo(32, 48, seed) for seed in (1, 2)]), masks


@pytest.fixture
def check_filled():
    """Checks that holes have the mean colour of the valid pixels, and that these are unchanged."""

    def check(filled, pictures, masks):
        assert filled.dtype == np.uint8
        np.testing.assert_array_equal(filled[~masks], pictures[~masks])
        for one, picture, mask in zip(filled, pictures, masks, strict=True):
            assert np.abs(one[mask] - picture[~mask].mean(0)).max() <= 1

    return check
