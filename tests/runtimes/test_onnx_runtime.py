"""The ONNX runtime: shipped weights and exported files, threads, devices and memory."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from deepgin import Inpainter
from deepgin.errors import UsageError
from deepgin.inpainting import Options
from deepgin.runtimes import OutOfMemory, memory, onnx
from deepgin.runtimes.onnx import OnnxRuntime
from deepgin.runtimes.torch import TorchRuntime
from deepgin.weights import Model, load, local_path, read_card, save

pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module")
def runtime(onnx_file):
    return OnnxRuntime(Model(onnx_file, "cpu"))


def check_close(found, wanted, masks):
    assert (found.shape, found.dtype) == (wanted.shape, np.uint8)
    assert np.abs(found.astype(int) - wanted)[masks].max() <= 1


def test_the_shipped_weights_give_what_torch_gives(photo):
    masks = np.zeros((1, 64, 96), np.bool_)
    masks[:, 10:50, 20:70] = True
    smooth = np.kron(photo(8, 12), np.ones((8, 8, 1), np.uint8))[None]
    runtime = OnnxRuntime(Model(local_path(), "cpu"))
    found = runtime.fill(smooth, masks)
    check_close(found, TorchRuntime(Model(None, "cpu", "float32")).fill(smooth, masks), masks)
    np.testing.assert_array_equal(found[~masks], smooth[~masks])
    assert runtime.card == read_card(local_path())


def test_an_exported_file_gives_what_torch_gives(runtime, weights, batch):
    wanted = TorchRuntime(Model(weights, "cpu", "float32")).fill(*batch)
    check_close(runtime.fill(*batch), wanted, batch[1])
    assert runtime.card == read_card(weights)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_weights_by_a_graph(weights, graphs, batch, tmp_path, monkeypatch, dtype):
    monkeypatch.setattr(onnx, "GRAPHS", graphs)
    save(load(weights), tmp_path / "w.safetensors", dtype=dtype)
    found = OnnxRuntime(Model(tmp_path / "w.safetensors", "cpu")).fill(*batch)
    check_close(found, TorchRuntime(Model(weights, "cpu", "float32")).fill(*batch), batch[1])


@pytest.mark.parametrize("sharpness", [None, 0, 0.6, 1])
def test_two_sets_by_a_graph(stages, graphs, batch, monkeypatch, sharpness):
    monkeypatch.setattr(onnx, "GRAPHS", graphs)
    found = OnnxRuntime(Model(stages.both, "cpu", "float32", sharpness)).fill(*batch)
    wanted = TorchRuntime(Model(stages.both, "cpu", "float32", sharpness)).fill(*batch)
    check_close(found, wanted, batch[1])
    other = TorchRuntime(Model(stages.both, "cpu", "float32", 0.4)).fill(*batch)
    assert np.abs(found.astype(int) - other)[batch[1]].max() > 3


@pytest.mark.parametrize("fit", ["auto", "direct", "resize", "crop", "polyphase"])
def test_all_fits(runtime, weights, photo, fit):
    picture = np.kron(photo(40, 33), np.ones((8, 8, 1), np.uint8))[:301, :263]
    mask = np.zeros(picture.shape[:2], np.bool_)
    mask[90:200, 60:150] = mask[280:290, 3:20] = True
    options = Options(fit=fit)
    found = Inpainter(runtime=runtime).run(picture, mask, options=options)
    wanted = Inpainter(weights, device="cpu", precision="float32").run(
        picture, mask, options=options
    )
    assert found.fit == wanted.fit
    difference = np.abs(found.array().astype(int) - wanted.array())
    assert difference.max() <= 1
    assert not difference[~mask].any()


@pytest.mark.parametrize("named", [str, Path])
def test_an_inpainter_takes_the_file(onnx_file, pair, named):
    made = Inpainter(named(onnx_file))
    assert isinstance(made.runtime, OnnxRuntime)
    picture, mask = (np.asarray(Image.open(path)) for path in pair)
    filled = np.asarray(made(*pair))
    np.testing.assert_array_equal(filled[mask == 0], picture[mask == 0])
    assert (filled != picture)[mask > 0].mean() > 0.9


def test_any_layout_of_arrays(runtime, batch):
    pictures, masks = batch
    expected = runtime.fill(pictures[:, :, ::-1].copy(), masks[:, :, ::-1].copy())
    for array in batch:
        array.flags.writeable = False
    found = runtime.fill(pictures[:, :, ::-1], masks[:, :, ::-1])
    np.testing.assert_array_equal(found, expected)


def test_same_bytes_twice_and_from_two_threads(runtime, batch):
    first = runtime.fill(*batch)
    with ThreadPoolExecutor(2) as pool:
        for again in pool.map(lambda _: runtime.fill(*batch), range(6)):
            np.testing.assert_array_equal(again, first)


def test_what_a_planner_needs_to_know(runtime, weights):
    assert not runtime.guided
    same = TorchRuntime(Model(weights, "cpu"))
    assert (runtime.size_multiple, runtime.trained_at) == (same.size_multiple, same.trained_at)
    assert (runtime.device, runtime.group_pixels) == ("cpu", 0)
    assert runtime.bytes_a_pixel > 4 * 10
    assert 1 << 20 < runtime.free_bytes() <= memory.UNKNOWN


@pytest.fixture
def opened_with(monkeypatch) -> Callable[..., list[tuple]]:
    """Keeps what sessions are asked for; on a machine whose GPU works, or only seems to."""

    def watch(works: bool = True) -> list[tuple]:
        asked: list[tuple] = []
        real = onnxruntime.InferenceSession

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
    ("said", "threads"), [("3", 3), ("0", 1), ("-2", 1), ("many", 0), ("2,1", 0), (None, 0)]
)
def test_threads(onnx_file, opened_with, monkeypatch, said, threads):
    if said is None:
        monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    else:
        monkeypatch.setenv("OMP_NUM_THREADS", said)
    asked = opened_with()
    OnnxRuntime(Model(onnx_file, "cpu"))
    [(options, _)] = asked  # opened once
    assert options.intra_op_num_threads == threads  # 0 leaves it to ONNX Runtime
    assert options.use_deterministic_compute


def test_out_of_memory_is_told_apart_and_leaves_the_runtime_usable(runtime, batch, monkeypatch):
    expected = runtime.fill(*batch)

    def failing(error):
        def run(*_):
            raise error

        return SimpleNamespace(run=run)

    class Fail(Exception):
        pass

    told = "[ONNXRuntimeError] : 6 : Non-zero status code: bfc_arena.cc:376 "
    for error in (
        MemoryError(),
        Fail(told + "Failed to allocate memory for requested buffer of size 17179869184"),
        Fail(told + "std::bad_alloc"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(runtime, "_session", failing(error))
            with pytest.raises(OutOfMemory, match="2 pictures of 48 x 32"):
                runtime.fill(*batch)
    with monkeypatch.context() as patch:
        patch.setattr(runtime, "_session", failing(Fail("something else")))
        with pytest.raises(Fail, match="something else"):
            runtime.fill(*batch)
    np.testing.assert_array_equal(runtime.fill(*batch), expected)
