"""Our networks against the authors' on fixed weights and inputs (tests/data/*.safetensors)."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from deepgin.network import Discriminators, Generator
from deepgin.weights import convert

DATA = Path(__file__).parents[1] / "data"
PREFIX = "state_dict."


def _golden(name: str) -> tuple[Generator | Discriminators, dict[str, Tensor]]:
    tensors = load_file(DATA / f"{name}.safetensors")
    state = {k.removeprefix(PREFIX): v for k, v in tensors.items() if k.startswith(PREFIX)}
    rest = {k: v for k, v in tensors.items() if not k.startswith(PREFIX)}
    return convert(state, name).eval(), rest


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-10)])
@pytest.mark.parametrize("name", ["generator", "generator_guided"])
def test_generator(name: str, dtype: torch.dtype, tolerance: float) -> None:
    network, golden = _golden(name)
    inputs = [golden[k].to(dtype) for k in ("masked", "mask", "guidance") if k in golden]
    with torch.no_grad():
        filled = network.to(dtype)(*inputs)
    for key in ("completed", "reconstructed", "coarse", "low_resolution"):
        difference = (getattr(filled, key) - golden[key]).abs().max().item()
        assert difference < tolerance, (key, difference)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-7)])
def test_discriminators(dtype: torch.dtype, tolerance: float) -> None:
    network, golden = _golden("discriminators")
    with torch.no_grad():
        scales = network.to(dtype)(golden["masked"].to(dtype), golden["image"].to(dtype))
    for scale, maps in enumerate(scales):
        for layer, found in enumerate(maps):
            difference = (found - golden[f"scale{scale}.layer{layer}"]).abs().max().item()
            assert difference < tolerance, (scale, layer, difference)
