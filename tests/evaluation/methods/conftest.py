"""A small real picture with a hole, and tiny networks as ONNX files."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture(scope="session")
def scene():
    """A cup at 96 pixels and a hole in it, both read-only as arrays from Pillow are."""
    with Image.open(EXAMPLES / "coffee.png") as opened:
        square = opened.convert("RGB").crop((64, 0, 320, 256))
    picture = np.array(square.resize((96, 96), Image.Resampling.LANCZOS))
    hole = np.zeros((96, 96), np.bool_)
    hole[20:44, 30:52] = hole[60:66, 10:70] = True
    picture.flags.writeable = hole.flags.writeable = False
    return picture, hole


@pytest.fixture
def onnx_network(tmp_path):
    """Writes networks of a few nodes; the function is given nodes, inputs and outputs."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")

    def write(nodes, inputs, outputs, constants=(), name="net.onnx"):
        made = {
            what: [onnx.helper.make_tensor_value_info(*port) for port in ports]
            for what, ports in (("inputs", inputs), ("outputs", outputs))
        }
        graph = onnx.helper.make_graph(
            [onnx.helper.make_node(op, ins, outs, **extra) for op, ins, outs, extra in nodes],
            "net",
            made["inputs"],
            made["outputs"],
            [
                onnx.numpy_helper.from_array(np.asarray(v), key)
                for key, v in dict(constants).items()
            ],
        )
        model = onnx.helper.make_model(
            graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8
        )
        onnx.checker.check_model(model)
        onnx.save(model, tmp_path / name)
        return str(tmp_path / name)

    return write
