"""Our networks against the authors' on fixed weights and inputs (tests/data/*.safetensors)."""

import pytest
import torch

from deepgin.weights import convert


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-10)])
@pytest.mark.parametrize("name", ["generator", "generator_guided"])
def test_generator(golden, name: str, dtype: torch.dtype, tolerance: float) -> None:
    state, tensors = golden(name)
    inputs = [tensors[k].to(dtype) for k in ("masked", "mask", "guidance") if k in tensors]
    with torch.no_grad():
        filled = convert(state).eval().to(dtype)(*inputs)
    for key in ("completed", "reconstructed", "coarse", "low_resolution"):
        difference = (getattr(filled, key) - tensors[key]).abs().max().item()
        assert difference < tolerance, (key, difference)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-7)])
def test_discriminators(golden, dtype: torch.dtype, tolerance: float) -> None:
    state, tensors = golden("discriminators")
    inputs = tensors["masked"].to(dtype), tensors["image"].to(dtype)
    with torch.no_grad():
        scales = convert(state).eval().to(dtype)(*inputs)
    for scale, maps in enumerate(scales):
        for layer, output in enumerate(maps):
            difference = (output - tensors[f"scale{scale}.layer{layer}"]).abs().max().item()
            assert difference < tolerance, (scale, layer, difference)
