"""Graphs without weights, as they come with the package for use without PyTorch."""

from collections import Counter

import pytest
import torch

from deepgin.export import export_graph
from deepgin.network import Generator, build
from deepgin.runtimes.onnx import GRAPHS
from deepgin.runtimes.openvino import parameters_of

onnx = pytest.importorskip("onnx")


def facts(path):
    model = onnx.load(path, load_external_data=False)
    graph = model.graph
    return {
        "operators": Counter(node.op_type for node in graph.node),
        "ports": [str(port) for port in (*graph.input, *graph.output)],
        "weights": {tensor.name: tuple(tensor.dims) for tensor in graph.initializer},
        "opsets": [(one.domain, one.version) for one in model.opset_import],
    }


@pytest.mark.parametrize("path", sorted(GRAPHS.glob("*-*[0-9].onnx")), ids=lambda path: path.stem)
def test_they_are_what_is_written_today(path, tmp_path):
    """Else write them anew: python -m deepgin.export."""
    name, _, width = path.stem.rpartition("-")
    export_graph(build(name, int(width)), tmp_path / "graph.onnx")
    assert facts(path) == facts(tmp_path / "graph.onnx")
    assert path.stat().st_size < 1e6
    with torch.device("meta"):
        state = Generator(name, int(width)).state_dict()
    shapes = {key: tuple(tensor.shape) for key, tensor in state.items()}
    assert facts(path)["weights"] == shapes
    inputs, again = (facts(parameters_of(one)) for one in (path, tmp_path / "graph.onnx"))
    assert inputs == again
    assert inputs["operators"] == facts(path)["operators"]
    assert not inputs["weights"]
    assert len(inputs["ports"]) == len(facts(path)["ports"]) + len(shapes)


def test_no_weights_are_in_them(tmp_path, network_of):
    """Equal ones are not made one, as all biases of a fresh network are."""
    network = network_of("std-mssa", 4)
    export_graph(network, tmp_path / "one.onnx")
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.uniform_()
    export_graph(network, tmp_path / "other.onnx")
    assert (tmp_path / "one.onnx").read_bytes() == (tmp_path / "other.onnx").read_bytes()
    tensors = onnx.load(tmp_path / "one.onnx", load_external_data=False).graph.initializer
    assert {tensor.name for tensor in tensors} == set(network.state_dict())
    for tensor in tensors:
        assert not (tensor.raw_data or tensor.float_data)
        assert tensor.data_location == onnx.TensorProto.EXTERNAL
