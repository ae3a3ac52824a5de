"""Cluster jobs with networks of other authors."""

import numpy as np
import onnx
import pytest

from deepgin.console import watcher
from deepgin.errors import WeightsError
from deepgin.inpainting.folders import FolderRequest, fill_folder
from deepgin.weights.model import Model

from .conftest import contents, manifest, members_of


def test_three_contracts_give_the_bytes_of_the_folder_command(
    fill, folder, tmp_path, known_network
):
    summary, _ = fill(folder, weights=known_network)
    assert (summary.done, summary.failed) == (5, [])
    fill_folder(FolderRequest(folder, tmp_path / "plain", model=Model(known_network)), watcher())
    found = {}
    for path in sorted((tmp_path / "out").glob("*.tar")):
        found |= members_of(path)
    assert found == contents(tmp_path / "plain")
    asked = manifest(tmp_path / "out" / "manifest.json")["request"]
    # A statement in a YAML file travels with the file, which workers do not see.
    assert ("contract" in asked) == (tmp_path / "net.yaml").exists()


def test_weights_in_a_second_file_do_not_travel(fill, folder, tmp_path, onnx_network):
    shape = (1, 3, 64, 64)
    nodes = [("Add", ["image", "zeros"], ["sum"], {}), ("Add", ["sum", "mask"], ["result"], {})]
    kind = onnx.TensorProto.FLOAT
    inputs = [("image", kind, shape), ("mask", kind, (1, 1, 64, 64))]
    zeros = {"zeros": np.full(shape, -0.5, np.float32)}
    model = onnx.load(onnx_network(nodes, inputs, [("result", kind, shape)], zeros))
    file = tmp_path / "apart.onnx"
    onnx.save(model, file, save_as_external_data=True, location="apart.data")
    with pytest.raises(WeightsError) as raised:
        fill(folder, weights=str(file), contract="lama")
    assert str(file) in raised.value.problem
