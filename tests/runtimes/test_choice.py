"""Which runtime runs which weights."""

import pytest
import torch

from deepgin.errors import UsageError, WeightsError
from deepgin.network import build
from deepgin.runtimes import choice
from deepgin.runtimes.choice import open_runtime
from deepgin.runtimes.onnx import OnnxRuntime
from deepgin.runtimes.torch import TorchRuntime
from deepgin.weights import Model, load


@pytest.fixture
def without(monkeypatch):
    """Makes packages be missing, as far as the choice can tell: OpenVINO, and those named."""
    real = choice.find_spec
    monkeypatch.delenv("DEEPGIN_RUNTIME", raising=False)

    def hide(*names):
        gone = ("openvino", *names)
        monkeypatch.setattr(choice, "find_spec", lambda name: None if name in gone else real(name))

    hide()
    return hide


def test_with_torch(weights, without):
    for one in (weights, str(weights), build("deepgin-prefill", 2), None):
        assert isinstance(open_runtime(Model(one, "cpu", "float32")), TorchRuntime)
    assert open_runtime(Model(weights, "cpu", "bf16")).precision == torch.bfloat16


def test_the_sharpness_goes_on(stages, without, monkeypatch):
    for sharpness in (0.0, 0.7):
        made = open_runtime(Model(stages.both, "cpu", "float32", sharpness)).network.state_dict()
        expected = load(stages.both, sharpness).state_dict()
        assert all(torch.equal(made[name], expected[name]) for name in expected)
    with pytest.raises(UsageError):
        open_runtime(Model(build("deepgin-prefill", 2), sharpness=0.5))
    without("torch")
    with pytest.raises(UsageError):
        open_runtime(Model(stages.both, "cpu", sharpness=1.5))


def test_without_torch(weights, without):
    pytest.importorskip("onnxruntime")
    without("torch")
    assert isinstance(open_runtime(Model(None, "cpu")), OnnxRuntime)
    with pytest.raises(WeightsError, match="PyTorch"):
        open_runtime(Model(weights))


def test_onnx_files_are_for_onnx_runtime(tmp_path, without):
    pytest.importorskip("onnxruntime")
    for name in (tmp_path / "a.onnx", str(tmp_path / "a.onnx")):
        with pytest.raises(WeightsError):
            open_runtime(Model(name))


@pytest.mark.parametrize("name", ["a.onnx", "a.safetensors"])
def test_with_neither(without, name):
    without("torch", "onnxruntime")
    with pytest.raises(UsageError, match="ONNX Runtime"):
        open_runtime(Model(name))
    without("onnxruntime")
    with pytest.raises(UsageError if "onnx" in name else WeightsError, match=name):
        open_runtime(Model(name))


def test_a_runtime_that_is_named(weights, onnx_file, without, monkeypatch):
    monkeypatch.setenv("DEEPGIN_RUNTIME", "onnxruntime")
    assert choice.choose(Model(None))[0] == "onnxruntime"
    assert isinstance(open_runtime(Model(onnx_file)), OnnxRuntime)
    monkeypatch.setenv("DEEPGIN_RUNTIME", "auto")
    assert choice.choose(Model(weights))[0] == "torch"
    for name, file in (("potato", weights), ("openvino", weights), ("torch", onnx_file)):
        monkeypatch.setenv("DEEPGIN_RUNTIME", name)
        with pytest.raises(UsageError, match=name):
            open_runtime(Model(file))
