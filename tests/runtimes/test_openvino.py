"""The OpenVINO runtime: against ONNX Runtime, what it keeps, threads, memory, what it refuses."""

import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from deepgin import Inpainter
from deepgin.errors import DeepginError, UsageError, WeightsError
from deepgin.inpainting import Options
from deepgin.network import build
from deepgin.runtimes import OutOfMemory, cache, memory
from deepgin.runtimes import openvino as room
from deepgin.runtimes.choice import choose, open_runtime
from deepgin.runtimes.onnx import OnnxRuntime
from deepgin.runtimes.openvino import OpenVinoRuntime
from deepgin.weights import Model, read_card

pytest.importorskip("onnx")
openvino = pytest.importorskip("openvino")


@pytest.fixture(scope="module")
def runtime(onnx_file):
    return OpenVinoRuntime(Model(onnx_file, "cpu", "float32"))


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    """A folder of caches of its own."""
    monkeypatch.setenv("DEEPGIN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def difference(filled, expected, masks):
    assert (filled.shape, filled.dtype) == (expected.shape, np.uint8)
    return np.abs(filled.astype(int) - expected)[masks]


def test_an_exported_file_gives_what_onnx_runtime_gives(runtime, onnx_file, weights, batch):
    expected = OnnxRuntime(Model(onnx_file, "cpu")).fill(*batch)
    filled = runtime.fill(*batch)
    assert difference(filled, expected, batch[1]).max() <= 1
    np.testing.assert_array_equal(filled[~batch[1]], batch[0][~batch[1]])
    assert runtime.card == read_card(weights)
    one = runtime.fill(batch[0][:1], batch[1][:1])
    assert difference(one, expected[:1], batch[1][:1]).max() <= 1


@pytest.mark.parametrize(
    ("precision", "sharpness", "most", "mean"),
    [("float32", 0.0, 1, 0.01), ("float32", 1.0, 1, 0.01), ("bf16", 1.0, 10, 1)],
)
def test_both_ends_of_two_sets(stages, tiny_graphs, batch, precision, sharpness, most, mean):
    if precision == "bf16" and not room.multiplies_bf16():
        pytest.skip("a CPU without bf16")
    runtime = OpenVinoRuntime(Model(stages.both, "cpu", precision, sharpness))
    expected = OnnxRuntime(Model(stages.both, "cpu", "float32", sharpness)).fill(*batch)
    filled = runtime.fill(*batch)
    apart = difference(filled, expected, batch[1])
    assert apart.max() <= most
    assert apart.mean() <= mean
    np.testing.assert_array_equal(filled[~batch[1]], batch[0][~batch[1]])
    assert (runtime.precision, runtime.sharpness) == (precision, sharpness)


def test_the_same_bytes_again_after_other_sizes_and_from_two_threads(runtime, batch):
    first = runtime.fill(*batch)
    runtime.fill(np.zeros((1, 64, 80, 3), np.uint8), np.ones((1, 64, 80), np.bool_))
    with ThreadPoolExecutor(2) as pool:
        for again in pool.map(lambda _: runtime.fill(*batch), range(4)):
            np.testing.assert_array_equal(again, first)
    assert first.base is None  # not memory of the next run


def test_any_layout_of_arrays(runtime, batch):
    expected = runtime.fill(*(array[:, :, ::-1].copy() for array in batch))
    for array in batch:
        array.flags.writeable = False
    np.testing.assert_array_equal(
        runtime.fill(batch[0][:, :, ::-1], batch[1][:, :, ::-1]), expected
    )


def test_attributes_for_planning(runtime):
    assert (runtime.size_multiple, runtime.trained_at, runtime.guided) == (16, 256, False)
    assert (runtime.device, runtime.group_pixels) == ("cpu", 0)
    assert 1 << 20 < runtime.free_bytes() <= memory.UNKNOWN


def test_the_inpainter_takes_it(onnx_file, photo, monkeypatch):
    monkeypatch.delenv("DEEPGIN_RUNTIME", raising=False)
    monkeypatch.setattr("deepgin.runtimes.onnx.has_cuda", lambda: False)
    picture, mask = photo(50, 70), np.zeros((50, 70), np.bool_)
    mask[10:30, 20:50] = True
    inpainter = Inpainter(onnx_file, options=Options(texture="off"))
    assert isinstance(inpainter.runtime, OpenVinoRuntime)
    filled = inpainter.run(picture, mask).array()
    np.testing.assert_array_equal(filled[~mask], picture[~mask])
    assert (filled != picture)[mask].any()


def test_what_is_compiled_is_kept(weights, tiny_graphs, batch, empty_cache, monkeypatch):
    model = Model(weights, "cpu", "float32")
    expected = OpenVinoRuntime(model).fill(*batch)
    with monkeypatch.context() as patched:
        patched.setattr(room, "tensors", None)  # nothing is read again
        np.testing.assert_array_equal(OpenVinoRuntime(model).fill(*batch), expected)
    (kept,) = empty_cache.iterdir()
    cache.keep(kept.stem, b"whole, but of another build of OpenVINO")
    np.testing.assert_array_equal(OpenVinoRuntime(model).fill(*batch), expected)
    assert cache.kept(kept.stem) != b"whole, but of another build of OpenVINO"


@pytest.mark.parametrize("device", ["cuda", "cuda:0", "mps", "xpu:7", "potato", "", "cpu:x"])
def test_devices_that_there_are_not(onnx_file, device):
    with pytest.raises(UsageError, match=f"'{device}'") as raised:
        OpenVinoRuntime(Model(onnx_file, device))
    assert raised.value.field == "device"


def test_precisions(onnx_file, monkeypatch):
    for precision in ("fp16", "", "float64"):
        with pytest.raises(UsageError, match=f"'{precision}'") as raised:
            OpenVinoRuntime(Model(onnx_file, "cpu", precision))
        assert raised.value.field == "precision"
    monkeypatch.setattr(room, "multiplies_bf16", lambda: False)
    assert OpenVinoRuntime(Model(onnx_file, "cpu")).precision == "float32"
    with pytest.raises(UsageError) as raised:
        OpenVinoRuntime(Model(onnx_file, "cpu", "bf16"))
    assert raised.value.field == "precision"


@pytest.mark.parametrize("how", ["missing", "extra", "shape"])
def test_weights_that_do_not_fit(weights, tiny_graphs, tmp_path, how):
    path, name = tmp_path / "w.safetensors", "stage2.mix1.weight"
    tensors = load_file(weights)
    if how == "missing":
        del tensors[name]
    elif how == "extra":
        tensors["stage3.weight"] = np.zeros(2, np.float32)
    else:
        tensors[name] = np.ascontiguousarray(tensors[name][:, :1])
    with safe_open(weights, "np") as one:
        save_file(tensors, path, one.metadata())
    with pytest.raises(WeightsError) as raised:
        OpenVinoRuntime(Model(path))
    assert str(raised.value).startswith(str(path))


@pytest.mark.parametrize("content", [None, b"", b"no model", "cut", "parameters"])
def test_bad_onnx_files(tmp_path, onnx_file, graphs, content):
    path = tmp_path / "bad.onnx"
    if content == "cut":
        path.write_bytes(onnx_file.read_bytes()[:10_000])
    elif content == "parameters":
        path = room.parameters_of(graphs / "deepgin-prefill-4.onnx")
    elif content is not None:
        path.write_bytes(content)
    assert not room.is_exported(path)
    with pytest.raises(WeightsError) as raised:
        OpenVinoRuntime(Model(path))
    message = str(raised.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    assert len(message) < 600


def test_generators_and_a_missing_package(onnx_file, monkeypatch):
    with pytest.raises(UsageError):
        OpenVinoRuntime(Model(build("deepgin-prefill", 2)))
    room._core.cache_clear()
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(DeepginError, match="OpenVINO"):
        OpenVinoRuntime(Model(onnx_file))


@pytest.mark.parametrize("how", [MemoryError(), RuntimeError("std::bad_alloc"), "empty", "stale"])
def test_out_of_memory_leaves_the_runtime_usable(runtime, batch, monkeypatch, how):
    expected = runtime.fill(*batch)

    def infer(_):
        if isinstance(how, Exception):
            raise how

    stale = SimpleNamespace(data=255 - expected if how == "stale" else expected[:0])
    request = SimpleNamespace(infer=infer, get_tensor=lambda _: stale)
    monkeypatch.setattr(runtime, "_compiled", SimpleNamespace(create_infer_request=lambda: request))
    with pytest.raises(OutOfMemory):
        runtime.fill(*batch)
    np.testing.assert_array_equal(runtime.fill(*batch), expected)  # compiled anew


def test_choosing(weights, onnx_file, tiny_graphs, monkeypatch):
    monkeypatch.delenv("DEEPGIN_RUNTIME", raising=False)
    monkeypatch.setattr("deepgin.runtimes.choice._has_gpu", lambda *_: False)
    for model in (Model(weights), Model(onnx_file), Model(weights, "cpu")):
        assert choose(model)[0] == "openvino"
    assert choose(Model(build("deepgin-prefill", 2)))[0] == "torch"
    assert choose(Model(weights, "cuda"))[0] == "torch"
    monkeypatch.setattr("deepgin.runtimes.choice._has_gpu", lambda *_: True)
    assert [choose(Model(file))[0] for file in (weights, onnx_file)] == ["torch", "onnxruntime"]
    assert choose(Model(weights, "cpu"))[0] == "openvino"
    monkeypatch.setenv("DEEPGIN_RUNTIME", "onnxruntime")
    assert isinstance(open_runtime(Model(weights, "cpu")), OnnxRuntime)
