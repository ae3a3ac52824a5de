"""Which runtime runs which weights."""

import pytest
import torch

from deepgin.errors import UsageError, WeightsError
from deepgin.network import build
from deepgin.runtimes import choice
from deepgin.runtimes.choice import open_runtime
from deepgin.runtimes.onnx import OnnxRuntime
from deepgin.runtimes.torch import TorchRuntime


@pytest.fixture
def without(monkeypatch):
    """Makes packages be missing, as far as the choice can tell."""
    real = choice.find_spec

    def hide(*names):
        monkeypatch.setattr(choice, "find_spec", lambda name: None if name in names else real(name))

    return hide


def test_with_torch(weights):
    for one in (weights, str(weights), build("deepgin-prefill", 2), None):
        assert isinstance(open_runtime(one, "cpu", "float32"), TorchRuntime)
    assert open_runtime(weights, "cpu", "bf16").precision == torch.bfloat16


def test_without_torch(weights, without):
    pytest.importorskip("onnxruntime")
    without("torch")
    assert isinstance(open_runtime(None, "cpu"), OnnxRuntime)
    with pytest.raises(WeightsError, match="needs PyTorch"):
        open_runtime(weights)


def test_onnx_files_are_for_onnx_runtime(tmp_path):
    pytest.importorskip("onnxruntime")
    for name in (tmp_path / "a.onnx", str(tmp_path / "a.onnx")):
        with pytest.raises(WeightsError, match="no such ONNX file"):
            open_runtime(name)


@pytest.mark.parametrize(
    ("name", "needs"),
    [("a.onnx", "needs ONNX Runtime,"), ("a.safetensors", "needs PyTorch or ONNX Runtime,")],
)
def test_with_neither(without, name, needs):
    without("torch", "onnxruntime")
    with pytest.raises(UsageError, match=needs):
        open_runtime(name)
    without("onnxruntime")
    with pytest.raises((UsageError, WeightsError), match=needs if "onnx" in name else "no such"):
        open_runtime(name)
