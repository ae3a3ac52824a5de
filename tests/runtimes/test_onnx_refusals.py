"""What the ONNX runtime says of files, devices and precisions that it cannot use."""

import shutil
import sys
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from deepgin.errors import DeepginError, UsageError, WeightsError
from deepgin.export import export
from deepgin.network import Discriminators, build
from deepgin.runtimes import onnx
from deepgin.runtimes.choice import card_of_file
from deepgin.runtimes.onnx import OnnxRuntime, plain_session
from deepgin.weights import Model, blend, save

pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")


@pytest.mark.parametrize("content", [None, b"", b"no model", "cut", "folder", "foreign"])
def test_bad_onnx_files(tmp_path, onnx_file, content):
    path = tmp_path / "bad.onnx"
    if content == "folder":
        path.mkdir()
    elif content == "cut":
        path.write_bytes(onnx_file.read_bytes()[:10_000])
    elif content == "foreign":
        write_foreign(path, ("input", "mask"))
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(WeightsError) as raised:
        OnnxRuntime(Model(path))
    message = str(raised.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    assert len(message) < 500
    if content == "foreign":
        assert "its inputs are input, mask" in message
    elif content in (None, "folder"):
        assert "no such ONNX file" in message
    else:
        assert "no ONNX file that can be run" in message


def write_foreign(path, names):
    from onnx import TensorProto, checker, helper, save_model

    ports = [helper.make_tensor_value_info(name, TensorProto.UINT8, ["n"]) for name in names]
    outputs = [helper.make_tensor_value_info("completed", TensorProto.UINT8, ["n"])]
    node = helper.make_node("Max", names, ["completed"])
    graph = helper.make_graph([node], "foreign", ports, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    checker.check_model(model)
    save_model(model, path)


def test_a_foreign_file_with_our_inputs(tmp_path):
    write_foreign(tmp_path / "foreign.onnx", ("picture", "mask"))
    with pytest.raises(WeightsError, match="says nothing of a DeepGIN network"):
        OnnxRuntime(Model(tmp_path / "foreign.onnx"))


def test_a_file_of_migans_contract(tmp_path):
    path = tmp_path / "migan.onnx"
    export(build("std-coarse", 2), path, contract="migan")
    assert card_of_file(path).network == "std-coarse"
    with pytest.raises(WeightsError, match=r"our contract \(its inputs are image, mask\)"):
        OnnxRuntime(Model(path))


def test_any_session_can_be_opened(tmp_path):
    write_foreign(tmp_path / "foreign.onnx", ("a", "b"))
    session = plain_session(tmp_path / "foreign.onnx")
    assert [port.name for port in session.get_inputs()] == ["a", "b"]


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (lambda: build("deepgin", 2), ["deepgin of width 2 needs PyTorch", "deepgin export w.saf"]),
        (lambda: build("deepgin-guided", 4), ["deepgin-guided of width 4 needs PyTorch"]),
        (lambda: Discriminators(2), ["name a generator"]),
    ],
)
def test_weights_without_a_graph(tmp_path, network, words):
    path = tmp_path / "w.safetensors"
    save(network(), path)
    with pytest.raises(WeightsError) as raised:
        OnnxRuntime(Model(path))
    assert all(word in str(raised.value) for word in (str(path), *words))
    assert ("deepgin export" in str(raised.value)) == (len(words) == 2)


def change(tensors: dict[str, torch.Tensor], how: str) -> dict[str, torch.Tensor]:
    name = "stage2.mix1.weight"
    if how == "missing":
        del tensors[name]
    elif how == "extra":
        tensors["stage3.weight"] = torch.zeros(2)
    elif how == "shape":
        tensors[name] = tensors[name][:, :1].contiguous()
    else:
        tensors[name] = tensors[name].transpose(0, 1).contiguous()
    return tensors


@pytest.mark.parametrize(
    ("how", "word"),
    [
        ("missing", "does not fit the network it names: .*stage2.mix1.weight"),
        ("extra", "does not fit the network it names: .*stage3.weight"),
        ("shape", "does not fit the network it names: .*dimensions"),
        ("turned", "does not fit the network it names: .*dimensions"),
    ],
)
def test_weights_that_do_not_fit(weights, graphs, tmp_path, monkeypatch, how, word):
    monkeypatch.setattr(onnx, "GRAPHS", graphs)
    path = tmp_path / "w.safetensors"
    with safe_open(weights, "pt") as one:
        save_file(change(load_file(weights), how), path, one.metadata())
    with pytest.raises(WeightsError, match=word) as raised:
        OnnxRuntime(Model(path))
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


def test_missing_and_cut_weights(weights, graphs, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx, "GRAPHS", graphs)
    with pytest.raises(WeightsError, match="no such weights file"):
        OnnxRuntime(Model(tmp_path / "w.safetensors"))
    (tmp_path / "w.safetensors").write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(WeightsError, match="damaged"):
        OnnxRuntime(Model(tmp_path / "w.safetensors"))


@pytest.mark.parametrize("sharpness", [0, 0.5, 1])
def test_the_sharpness_of_a_file_of_one_network(onnx_file, weights, sharpness):
    with pytest.raises(UsageError, match="the sharpness of an exported file is fixed") as raised:
        OnnxRuntime(Model(onnx_file, sharpness=sharpness))
    assert str(raised.value).startswith(str(onnx_file))
    with pytest.raises(UsageError, match="holds one set of weights"):
        OnnxRuntime(Model(weights, sharpness=sharpness))


@pytest.mark.parametrize("device", ["cuda", "cuda:0", "mps", "potato", "", "cpu:x", "cuda:x"])
def test_devices_that_there_are_not(onnx_file, device, monkeypatch):
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(UsageError, match=f"'{device}'") as raised:
        OnnxRuntime(Model(onnx_file, device))
    assert raised.value.field == "device"


@pytest.mark.parametrize("precision", ["bf16", "fp16", "", "float64"])
def test_precisions_that_there_are_not(onnx_file, precision):
    with pytest.raises(UsageError, match=f"'{precision}'") as raised:
        OnnxRuntime(Model(onnx_file, "cpu", precision))
    assert raised.value.field == "precision"
    assert OnnxRuntime(Model(onnx_file, "cpu", "float32")).device == "cpu"


def test_kinds_of_numbers_that_numpy_lacks(weights, graphs, monkeypatch):
    def get_tensor(_):
        raise TypeError("data type 'bfloat16' not understood")

    monkeypatch.setattr(onnx, "GRAPHS", graphs)
    file = SimpleNamespace(keys=lambda: ["a"], get_tensor=get_tensor)
    monkeypatch.setattr(blend, "opened", lambda *_: nullcontext(file))
    with pytest.raises(WeightsError, match="'bfloat16' not understood"):
        OnnxRuntime(Model(weights))


def test_without_onnx_runtime(onnx_file, tmp_path, monkeypatch):
    shutil.copy(onnx_file, tmp_path / "a.onnx")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    file = tmp_path / "a.onnx"
    for use, argument in ((OnnxRuntime, Model(file)), (plain_session, file), (card_of_file, file)):
        with pytest.raises(DeepginError, match="ONNX Runtime is not installed"):
            use(argument)
