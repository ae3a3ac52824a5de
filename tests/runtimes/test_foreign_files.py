"""Files of other authors' networks: statements beside them, and files that cannot be used."""

from pathlib import Path

import numpy as np
import pytest

from deepgin import Inpainter
from deepgin.errors import DeepginError, UsageError, WeightsError
from deepgin.inpainting import Options
from deepgin.runtimes.choice import facts_of, open_runtime
from deepgin.weights import Model

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

FLOAT = onnx.TensorProto.FLOAT


def opened(file, contract=""):
    return open_runtime(Model(file, "cpu", contract=contract))


def test_a_yaml_file_beside_it(mean_network, batch, check_filled):
    file = Path(mean_network(hole=0, range=(-1, 1)))
    for beside in (file.with_suffix(".yaml"), file.with_name(f"{file.name}.yaml")):
        beside.write_text("hole: 0\nrange: -1..1\nmultiple: 16\n")
        runtime = opened(file)
        check_filled(runtime.fill(*batch), *batch)
        assert runtime.size_multiple == 16
        assert opened(file, "multiple=4").size_multiple == 4
        assert facts_of(Model(file))["contract"]["hole"] == 0
        beside.unlink()
    for text in ("- hole\n", "hole: {a: 1}\n", "hole: [", "hull: 1\n"):
        file.with_suffix(".yaml").write_text(text)
        with pytest.raises(UsageError) as raised:
            opened(file)
        assert raised.value.field == "contract"


def test_a_network_that_is_not_trained_is_used_with_a_note(onnx_network, batch):
    inputs = [("image", FLOAT, (1, 3, "h", "w")), ("mask", FLOAT, (1, 1, "h", "w"))]
    nodes = [
        ("Mul", ["image", "half"], ["less"], {}),
        ("Mul", ["mask", "half"], ["more"], {}),
        ("Add", ["less", "more"], ["result"], {}),
    ]
    constants = {"half": np.float32(0.5)}
    file = onnx_network(nodes, inputs, [("result", FLOAT, (1, 3, "h", "w"))], constants)
    inpainter = Inpainter(file, contract="lama", options=Options(texture="off"))
    pictures, masks = batch
    result = inpainter.run(pictures[0], masks[0])
    assert [note for note in result.warnings if "contract" in note]
    assert (result.array()[masks[0]] == 128).all()


@pytest.fixture
def of_one_size(onnx_network):
    """A network whose shapes say that sizes are free, and that takes 64 x 64 alone."""
    nodes = [
        ("Mul", ["mask", "level"], ["filling"], {}),
        ("Add", ["image", "filling"], ["filled"], {}),
        ("Add", ["filled", "zeros"], ["result"], {}),
    ]
    inputs = [("image", FLOAT, (1, 3, "h", "w")), ("mask", FLOAT, (1, 1, "h", "w"))]
    constants = {
        "level": np.float32([[[32]], [[160]], [[96]]]) / 255,
        "zeros": np.zeros((1, 3, 64, 64), np.float32),
    }
    return onnx_network(nodes, inputs, [("result", FLOAT, (1, 3, "h", "w"))], constants)


def test_files_that_cannot_run(mean_network, of_one_size, tmp_path):
    model = onnx.load(mean_network(file="other.onnx"))
    model.graph.node[0].op_type, model.graph.node[0].domain = "Dream", "of.others"
    model.opset_import.append(onnx.helper.make_opsetid("of.others", 1))
    onnx.save(model, tmp_path / "unknown.onnx")
    model = onnx.load(of_one_size)
    onnx.save(model, tmp_path / "apart.onnx", save_as_external_data=True, location="apart.data")
    opened(tmp_path / "apart.onnx", "lama,size=64")
    (tmp_path / "apart.data").unlink()
    for name in ("unknown.onnx", "apart.onnx"):
        with pytest.raises(WeightsError) as raised:
            opened(tmp_path / name, "lama")
        assert name in raised.value.problem
        assert "\n" not in str(raised.value)


def test_a_network_of_one_size_that_does_not_say_so(of_one_size, batch):
    with pytest.raises(DeepginError) as raised:
        opened(of_one_size, "lama")
    assert "{contract=size=" in raised.value.mend
    filled = opened(of_one_size, "lama,size=64").fill(*batch)
    assert (filled[batch[1]] == [32, 160, 96]).all()


def test_a_file_that_changes_while_it_is_open(mean_network, batch):
    file = Path(mean_network())
    inpainter = Inpainter(file, contract="lama")
    before = inpainter.run(batch[0][0], batch[1][0]).array()
    file.write_bytes(b"no network")
    for texture in ("on", "off"):
        again = inpainter.run(batch[0][0], batch[1][0], options=Options(texture=texture)).array()
        np.testing.assert_array_equal(again[~batch[1][0]], before[~batch[1][0]])


def test_what_is_not_for_our_own_weights(weights, onnx_file, mean_network):
    for file in (weights, None):
        with pytest.raises(UsageError) as raised:
            opened(file, "lama")
        assert raised.value.field == "contract"
    with pytest.raises(UsageError):
        opened(onnx_file, "lama")
    for field, value in (("precision", "bf16"), ("sharpness", 0.5)):
        with pytest.raises(UsageError) as raised:
            open_runtime(Model(mean_network(), "cpu", contract="lama", **{field: value}))
        assert raised.value.field == field
