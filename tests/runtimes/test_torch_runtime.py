"""The PyTorch runtime: arrays in, arrays out, and how numbers become bytes."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from deepgin.errors import UsageError, WeightsError
from deepgin.metrics import psnr
from deepgin.network import build
from deepgin.runtimes import OutOfMemory
from deepgin.runtimes.torch import TorchRuntime, from_array, to_bytes
from deepgin.weights import Model


@pytest.fixture(scope="module")
def runtime(weights):
    return TorchRuntime(Model(weights, "cpu", "float32"))


def as_picture(values):
    return torch.tensor(values).reshape(1, 1, 1, -1)


def test_every_byte_survives():
    assert to_bytes(as_picture([i / 255 for i in range(256)])).ravel().tolist() == list(range(256))


def test_rounds_half_up_and_clamps():
    values = [0.5, 0.25, 100.4 / 255, 100.6 / 255, -0.1, -1e9, 1.001, 1e9, float("inf")]
    assert to_bytes(as_picture(values)).ravel().tolist() == [128, 64, 100, 101, 0, 0, 255, 255, 255]


@given(st.lists(st.floats(-1, 2, width=32), min_size=1, max_size=30))
def test_bytes_are_the_nearest_ones(values):
    found = to_bytes(as_picture(values)).ravel()
    wanted = np.clip(values, 0, 1) * 255
    assert np.abs(found - wanted).max() <= 0.5 + 1e-4


def test_bytes_have_the_layout_of_arrays():
    picture = torch.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5) / 255
    found = to_bytes(picture.bfloat16().float())
    assert found.shape == (2, 4, 5, 3)
    assert found.dtype == np.uint8
    assert found[0, 0, 1, 2] == 2 * 20 + 1


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
    found = runtime.fill(pictures, masks)
    assert (found.shape, found.dtype) == (pictures.shape, np.uint8)
    assert np.abs(found.astype(int) - to_bytes(completed)).max() <= 1
    np.testing.assert_array_equal(found[~masks], pictures[~masks])


def test_read_only_and_flipped_arrays_are_taken_silently(runtime, batch):
    pictures, masks = batch
    expected = runtime.fill(pictures[:, :, ::-1].copy(), masks[:, :, ::-1].copy())
    for array in batch:
        array.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = runtime.fill(pictures[:, :, ::-1], masks[:, :, ::-1])
    np.testing.assert_array_equal(found, expected)


def test_no_autograd(batch):
    network = build("deepgin-prefill", 2)
    assert network.training
    runtime = TorchRuntime(Model(network, "cpu", "float32"))
    assert not network.training
    assert all(parameter.requires_grad for parameter in network.parameters())
    completed = runtime.outputs(*batch).completed
    assert completed.grad_fn is None
    assert completed.is_inference()


def test_bf16_is_near_float32(weights, runtime, batch):
    rough = TorchRuntime(Model(weights, "cpu", "bf16"))
    assert rough.precision == torch.bfloat16
    assert psnr(rough.fill(*batch), runtime.fill(*batch)) >= 40
    exact, near = (r.outputs(*batch).completed for r in (runtime, rough))
    assert near.dtype == torch.float32
    assert not torch.equal(exact, near)  # that it was bf16 indeed


@pytest.mark.parametrize("device", ["cuda:99", "potato", "", "cpu:x"])
def test_unknown_device(weights, device):
    with pytest.raises(UsageError, match="device") as raised:
        TorchRuntime(Model(weights, device))
    assert f"'{device}'" in str(raised.value)
    assert "try cpu" in str(raised.value)


@pytest.mark.parametrize("precision", ["fp16", "", "bfloat16"])
def test_unknown_precision(weights, precision):
    with pytest.raises(UsageError, match="auto, float32, bf16") as raised:
        TorchRuntime(Model(weights, "cpu", precision))
    assert f"'{precision}'" in str(raised.value)


def test_missing_weights(tmp_path):
    with pytest.raises(WeightsError, match="no such"):
        TorchRuntime(Model(tmp_path / "missing.safetensors"))


def test_out_of_memory_is_told_apart_and_leaves_the_runtime_usable(runtime, batch, monkeypatch):
    expected = runtime.fill(*batch)

    def fail(error):
        def outputs(*_):
            raise error

        return outputs

    for error in (MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")):
        with monkeypatch.context() as patch:
            patch.setattr(runtime, "outputs", fail(error))
            with pytest.raises(OutOfMemory, match="2 pictures of 48 x 32"):
                runtime.fill(*batch)
    with monkeypatch.context() as patch:
        patch.setattr(runtime, "outputs", fail(RuntimeError("something else")))
        with pytest.raises(RuntimeError, match="something else"):
            runtime.fill(*batch)
    np.testing.assert_array_equal(runtime.fill(*batch), expected)


def test_guidance_reaches_the_network(batch, photo):
    torch.manual_seed(0)
    runtime = TorchRuntime(Model(build("deepgin-guided", 4), "cpu", "float32"))
    assert runtime.guided
    guides = np.stack([photo(32, 48, seed) for seed in (5, 6)])
    one, other = runtime.fill(*batch, guides), runtime.fill(*batch, 255 - guides)
    assert (one != other).any()
    with pytest.raises(UsageError, match="needs guidance"):
        runtime.fill(*batch)


def test_what_a_planner_needs_to_know(runtime):
    assert not runtime.guided
    assert (runtime.size_multiple, runtime.trained_at) == (16, 256)
    assert runtime.group_pixels == 0  # on a CPU one by one: then no picture changes another
    assert runtime.bytes_a_pixel > 50
    assert runtime.free_bytes() > 1 << 20
