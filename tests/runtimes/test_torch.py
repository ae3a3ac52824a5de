"""The PyTorch runtime: arrays in, arrays out, and how numbers become bytes."""

import warnings

import numpy as np
import pytest
import torch

from deepgin.errors import UsageError, WeightsError
from deepgin.metrics import psnr
from deepgin.network import build
from deepgin.runtimes import OutOfMemory
from deepgin.runtimes.torch import TorchRuntime, from_array, to_bytes
from deepgin.weights import Model


@pytest.fixture(scope="module")
def runtime(weights):
    return TorchRuntime(Model(weights, "cpu", "float32"))


def bytes_of(values):
    return to_bytes(torch.tensor(values).reshape(1, 1, 1, -1)).ravel().tolist()


def test_bytes_are_the_nearest_ones():
    assert bytes_of([i / 255 for i in range(256)]) == [*range(256)]
    values = [0.5, 0.25, 100.4 / 255, 100.6 / 255, -0.1, -1e9, 1.001, 1e9, float("inf")]
    assert bytes_of(values) == [128, 64, 100, 101, 0, 0, 255, 255, 255]
    values = np.random.default_rng(0).uniform(0, 1, 1000)
    assert np.abs(bytes_of(values) - values * 255).max() <= 0.5 + 1e-4


def test_bytes_have_the_layout_of_arrays():
    picture = torch.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5) / 255
    out = to_bytes(picture.bfloat16().float())
    assert out.shape == (2, 4, 5, 3)
    assert out.dtype == np.uint8
    assert out[0, 0, 1, 2] == 2 * 20 + 1


def test_arrays_of_any_layout_become_tensors_of_their_own():
    picture = np.arange(12, dtype=np.uint8).reshape(3, 4)
    frozen = picture.copy()
    frozen.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for array in (frozen, frozen[::-1, ::-1], frozen.T, frozen[:, ::2]):
            np.testing.assert_array_equal(from_array(array).numpy(), array)
    from_array(picture).fill_(0)
    np.testing.assert_array_equal(picture, frozen)


def test_fill_is_the_completed_picture(runtime, batch):
    pictures, masks = batch
    image = torch.tensor(pictures).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        completed = runtime.network(image, torch.tensor(masks)[:, None].float()).completed
    filled = runtime.fill(pictures, masks)
    assert (filled.shape, filled.dtype) == (pictures.shape, np.uint8)
    assert np.abs(filled.astype(int) - to_bytes(completed)).max() <= 1
    np.testing.assert_array_equal(filled[~masks], pictures[~masks])


def test_no_autograd(batch):
    network = build("deepgin-prefill", 2)
    assert network.training
    runtime = TorchRuntime(Model(network, "cpu", "float32"))
    assert not network.training
    assert all(parameter.requires_grad for parameter in network.parameters())
    assert runtime.outputs(*batch).completed.is_inference()


def test_bf16_is_near_float32(weights, runtime, batch):
    rough = TorchRuntime(Model(weights, "cpu", "bf16"))
    assert rough.precision == torch.bfloat16
    assert psnr(rough.fill(*batch), runtime.fill(*batch)) >= 40
    exact, near = (r.outputs(*batch).completed for r in (runtime, rough))
    assert near.dtype == torch.float32
    assert not torch.equal(exact, near)  # that it was bf16 indeed


@pytest.mark.parametrize(
    ("field", "value"),
    [("device", name) for name in ("cuda:99", "potato", "", "cpu:x")]
    + [("precision", name) for name in ("fp16", "", "bfloat16")],
)
def test_unknown_device_or_precision(weights, field, value):
    with pytest.raises(UsageError, match=f"{field}.*'{value}'|'{value}'.*{field}"):
        TorchRuntime(Model(weights, **{"device": "cpu", field: value}))


def test_missing_weights(tmp_path):
    with pytest.raises(WeightsError, match=r"missing\.safetensors"):
        TorchRuntime(Model(tmp_path / "missing.safetensors"))


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")]
)
def test_out_of_memory_leaves_the_runtime_usable(runtime, batch, monkeypatch, error):
    expected = runtime.fill(*batch)

    def fail_with(error):
        def outputs(*_):
            raise error

        monkeypatch.setattr(runtime, "outputs", outputs)

    fail_with(error)
    with pytest.raises(OutOfMemory):
        runtime.fill(*batch)
    fail_with(RuntimeError("something else"))
    with pytest.raises(RuntimeError, match="something else"):
        runtime.fill(*batch)
    monkeypatch.undo()
    np.testing.assert_array_equal(runtime.fill(*batch), expected)


def test_guidance_reaches_the_network(batch, photo):
    torch.manual_seed(0)
    runtime = TorchRuntime(Model(build("deepgin-guided", 4), "cpu", "float32"))
    assert runtime.guided
    guides = np.stack([photo(32, 48, seed) for seed in (5, 6)])
    assert (runtime.fill(*batch, guides) != runtime.fill(*batch, 255 - guides)).any()
    with pytest.raises(UsageError):
        runtime.fill(*batch)


def test_attributes_for_planning(runtime):
    assert not runtime.guided
    assert (runtime.size_multiple, runtime.trained_at) == (16, 256)
    assert runtime.group_pixels == 0  # on a CPU one by one: then no picture changes another
    assert runtime.bytes_a_pixel > 50
    assert runtime.free_bytes() > 1 << 20
