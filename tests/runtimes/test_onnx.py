"""The ONNX runtime: weights, exported files, threads, devices, memory, and what it refuses."""

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from deepgin import Inpainter
from deepgin.errors import DeepginError, UsageError, WeightsError
from deepgin.export import export
from deepgin.inpainting import FITS, Options
from deepgin.network import Discriminators, build
from deepgin.runtimes import OutOfMemory, memory
from deepgin.runtimes.choice import card_of_file, open_runtime
from deepgin.runtimes.onnx import OnnxRuntime, plain_session
from deepgin.runtimes.torch import TorchRuntime
from deepgin.weights import Model, blend, load, local_path, read_card, save

pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module")
def runtime(onnx_file):
    return OnnxRuntime(Model(onnx_file, "cpu"))


def check_close(filled, expected, masks):
    assert (filled.shape, filled.dtype) == (expected.shape, np.uint8)
    assert np.abs(filled.astype(int) - expected)[masks].max() <= 1


def test_the_shipped_weights_give_what_torch_gives(photo):
    masks = np.zeros((1, 64, 96), np.bool_)
    masks[:, 10:50, 20:70] = True
    smooth = np.kron(photo(8, 12), np.ones((8, 8, 1), np.uint8))[None]
    runtime = OnnxRuntime(Model(local_path(), "cpu"))
    filled = runtime.fill(smooth, masks)
    check_close(filled, TorchRuntime(Model(None, "cpu", "float32")).fill(smooth, masks), masks)
    np.testing.assert_array_equal(filled[~masks], smooth[~masks])
    assert runtime.card == read_card(local_path())


def test_an_exported_file_gives_what_torch_gives(runtime, weights, batch):
    expected = TorchRuntime(Model(weights, "cpu", "float32")).fill(*batch)
    check_close(runtime.fill(*batch), expected, batch[1])
    assert runtime.card == read_card(weights)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_weights_by_a_graph(weights, tiny_graphs, batch, tmp_path, dtype):
    save(load(weights), tmp_path / "w.safetensors", dtype=dtype)
    filled = OnnxRuntime(Model(tmp_path / "w.safetensors", "cpu")).fill(*batch)
    check_close(filled, TorchRuntime(Model(weights, "cpu", "float32")).fill(*batch), batch[1])


@pytest.mark.parametrize("sharpness", [None, 0, 1])
def test_two_sets_by_a_graph(stages, tiny_graphs, batch, sharpness):
    filled = OnnxRuntime(Model(stages.both, "cpu", "float32", sharpness)).fill(*batch)
    expected = TorchRuntime(Model(stages.both, "cpu", "float32", sharpness)).fill(*batch)
    check_close(filled, expected, batch[1])
    other = TorchRuntime(Model(stages.both, "cpu", "float32", 0.4)).fill(*batch)
    assert np.abs(filled.astype(int) - other)[batch[1]].max() > 3


@pytest.mark.parametrize("fit", FITS)
def test_all_fits(runtime, weights, photo, fit):
    picture = np.kron(photo(40, 33), np.ones((8, 8, 1), np.uint8))[:301, :263]
    mask = np.zeros(picture.shape[:2], np.bool_)
    mask[90:200, 60:150] = mask[280:290, 3:20] = True
    inpainter, options = Inpainter(runtime=runtime), Options(fit=fit)
    filled = inpainter.run(picture, mask, options=options)
    expected = Inpainter(weights, device="cpu", precision="float32").run(
        picture, mask, options=options
    )
    assert filled.fit == expected.fit
    difference = np.abs(filled.array().astype(int) - expected.array())
    assert difference.max() <= 1
    assert not difference[~mask].any()


def test_any_layout_of_arrays(runtime, batch):
    pictures, masks = batch
    expected = runtime.fill(pictures[:, :, ::-1].copy(), masks[:, :, ::-1].copy())
    for array in batch:
        array.flags.writeable = False
    filled = runtime.fill(pictures[:, :, ::-1], masks[:, :, ::-1])
    np.testing.assert_array_equal(filled, expected)


def test_same_bytes_from_two_threads(runtime, batch):
    first = runtime.fill(*batch)
    with ThreadPoolExecutor(2) as pool:
        for again in pool.map(lambda _: runtime.fill(*batch), range(4)):
            np.testing.assert_array_equal(again, first)


def test_attributes_for_planning(runtime, weights):
    assert not runtime.guided
    same = TorchRuntime(Model(weights, "cpu"))
    assert (runtime.size_multiple, runtime.trained_at) == (same.size_multiple, same.trained_at)
    assert (runtime.device, runtime.group_pixels) == ("cpu", 0)
    assert runtime.bytes_a_pixel > 4 * 10
    assert 1 << 20 < runtime.free_bytes() <= memory.UNKNOWN


@pytest.fixture
def opened_with(monkeypatch):
    """Keeps what sessions are asked for; on a machine whose GPU works, or only seems to."""
    real = onnxruntime.InferenceSession

    def watch(works=True):
        asked = []

        class Session:
            def __init__(self, path, options, providers):
                asked.append((options, providers))
                self._real = real(path, options, providers=["CPUExecutionProvider"])
                gpu = ["CUDAExecutionProvider"] if works and len(providers) > 1 else []
                self.get_providers = lambda: [*gpu, "CPUExecutionProvider"]

            def __getattr__(self, name):
                return getattr(self._real, name)

        monkeypatch.setattr(onnxruntime, "InferenceSession", Session)
        return asked

    return watch


@pytest.mark.parametrize(("device", "index"), [("auto", "0"), ("cuda", "0"), ("cuda:3", "3")])
def test_a_gpu(onnx_file, opened_with, monkeypatch, device, index):
    providers = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: providers)
    asked = opened_with()
    runtime = OnnxRuntime(Model(onnx_file, device))
    assert [one for _, one in asked] == [
        [("CUDAExecutionProvider", {"device_id": index}), "CPUExecutionProvider"]
    ]
    assert (runtime.device, runtime.group_pixels) == ("cuda", 4 * 256 * 256)
    assert runtime.free_bytes() == memory.UNKNOWN
    opened_with(works=False)
    if device == "auto":
        assert OnnxRuntime(Model(onnx_file, device)).device == "cpu"
    else:
        with pytest.raises(UsageError, match=device) as raised:
            OnnxRuntime(Model(onnx_file, device))
        assert raised.value.field == "device"


@pytest.mark.parametrize(
    ("value", "threads"), [("3", 3), ("0", 1), ("-2", 1), ("many", 0), ("2,1", 0), (None, 0)]
)
def test_threads(onnx_file, opened_with, monkeypatch, value, threads):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if value is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", value)
    asked = opened_with()
    OnnxRuntime(Model(onnx_file, "cpu"))
    [(options, _)] = asked  # opened once
    assert options.intra_op_num_threads == threads  # 0 leaves it to ONNX Runtime
    assert options.use_deterministic_compute


@pytest.mark.parametrize("text", [None, "Failed to allocate memory for buffer", "std::bad_alloc"])
def test_out_of_memory_leaves_the_runtime_usable(runtime, batch, monkeypatch, text):
    expected = runtime.fill(*batch)

    def fail_with(error):
        def run(*_):
            raise error

        monkeypatch.setattr(runtime, "_session", SimpleNamespace(run=run))

    fail_with(MemoryError() if text is None else Exception(f"[ONNXRuntimeError] : 6 : {text}"))
    with pytest.raises(OutOfMemory):
        runtime.fill(*batch)
    fail_with(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        runtime.fill(*batch)
    monkeypatch.undo()
    np.testing.assert_array_equal(runtime.fill(*batch), expected)


def write_foreign(path, names):
    from onnx import TensorProto, helper, save_model

    ports = [helper.make_tensor_value_info(name, TensorProto.UINT8, ["n"]) for name in names]
    outputs = [helper.make_tensor_value_info("completed", TensorProto.UINT8, ["n"])]
    graph = helper.make_graph([helper.make_node("Max", names, ["completed"])], "f", ports, outputs)
    opset = [helper.make_opsetid("", 18)]
    save_model(helper.make_model(graph, opset_imports=opset, ir_version=8), path)


@pytest.mark.parametrize(
    "content", [None, b"", b"no model", "cut", "folder", ("input", "mask"), ("picture", "mask")]
)
def test_bad_onnx_files(tmp_path, onnx_file, content):
    path = tmp_path / "bad.onnx"
    if content == "folder":
        path.mkdir()
    elif isinstance(content, tuple):
        write_foreign(path, content)
        assert [port.name for port in plain_session(path).get_inputs()] == [*content]
    elif content is not None:
        path.write_bytes(onnx_file.read_bytes()[:10_000] if content == "cut" else content)
    with pytest.raises(WeightsError) as raised:
        OnnxRuntime(Model(path))
    message = str(raised.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    assert len(message) < 500


def test_a_file_of_migans_contract(tmp_path):
    path = tmp_path / "migan.onnx"
    export(build("std-coarse", 2), path, contract="migan")
    assert card_of_file(path).network == "std-coarse"
    with pytest.raises(WeightsError, match="migan.onnx"):
        OnnxRuntime(Model(path))
    assert open_runtime(Model(path)).contract.network == "migan-pipeline"


@pytest.mark.parametrize(
    ("network", "exported"),
    [
        (lambda: build("deepgin", 2), True),
        (lambda: build("deepgin-guided", 4), False),
        (lambda: Discriminators(2), False),
    ],
)
def test_weights_without_a_graph(tmp_path, network, exported):
    path = tmp_path / "w.safetensors"
    save(network(), path)
    with pytest.raises(WeightsError) as raised:
        OnnxRuntime(Model(path))
    assert str(path) in raised.value.problem
    assert ("deepgin export w.saf" in raised.value.mend) == exported


@pytest.mark.parametrize("how", ["missing", "extra", "shape", "turned", "cut", "no file"])
def test_weights_that_do_not_fit(weights, tiny_graphs, tmp_path, how):
    path, name = tmp_path / "w.safetensors", "stage2.mix1.weight"
    tensors = load_file(weights)
    if how == "missing":
        del tensors[name]
    elif how == "extra":
        tensors["stage3.weight"] = torch.zeros(2)
    elif how == "shape":
        tensors[name] = tensors[name][:, :1].contiguous()
    elif how == "turned":
        tensors[name] = tensors[name].transpose(0, 1).contiguous()
    if how == "cut":
        path.write_bytes(weights.read_bytes()[:-100])
    elif how != "no file":
        with safe_open(weights, "pt") as one:
            save_file(tensors, path, one.metadata())
    with pytest.raises(WeightsError) as raised:
        OnnxRuntime(Model(path))
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


def test_kinds_of_numbers_that_numpy_lacks(weights, tiny_graphs, monkeypatch):
    def get_tensor(_):
        raise TypeError("data type 'bfloat16' not understood")

    file = SimpleNamespace(keys=lambda: ["a"], get_tensor=get_tensor)
    monkeypatch.setattr(blend, "opened", lambda *_: nullcontext(file))
    with pytest.raises(WeightsError, match="'bfloat16'"):
        OnnxRuntime(Model(weights))


@pytest.mark.parametrize("sharpness", [0, 0.5, 1])
def test_the_sharpness_of_one_set_of_weights(onnx_file, weights, sharpness):
    for file in (onnx_file, weights):
        with pytest.raises(UsageError) as raised:
            OnnxRuntime(Model(file, sharpness=sharpness))
        assert str(raised.value).startswith(str(file))


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


def test_without_onnx_runtime(onnx_file, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    for use in (lambda file: OnnxRuntime(Model(file)), plain_session, card_of_file):
        with pytest.raises(DeepginError, match="ONNX Runtime"):
            use(onnx_file)
