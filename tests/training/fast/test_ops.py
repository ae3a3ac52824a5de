"""Triton's kernels against torch's operations; without a GPU by its interpreter, which is slow."""

import os
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"  # read when Triton is imported
from deepgin.network.blocks import SPD4_RATES, SPD8_RATES
from deepgin.training.fast.ops import (
    LEAKY,
    NONE,
    RELU,
    Operations,
    TorchOperations,
    TritonOperations,
)

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


@pytest.fixture(autouse=True)
def triton() -> None:
    pytest.importorskip("triton")


def picture(c: int, h: int, w: int) -> Tensor:
    return torch.randn(2, c, h, w).contiguous(memory_format=torch.channels_last)


def check(run: Callable[..., Tensor], ours: Operations, *inputs: Tensor) -> None:
    """Compare results and gradients."""
    inputs = tuple(x.to(DEVICE).requires_grad_() for x in inputs)
    found, wanted = run(ours, *inputs), run(TorchOperations(), *inputs)
    grad = torch.randn_like(wanted)
    pairs = zip(
        (found, *torch.autograd.grad(found, inputs, grad)),
        (wanted, *torch.autograd.grad(wanted, inputs, grad)),
        strict=True,
    )
    for one, other in pairs:
        torch.testing.assert_close(one, other, rtol=1e-4, atol=2e-6 * other.norm().item())


@pytest.mark.parametrize(
    ("shape", "pad", "activation"),
    [
        ((16, 5, 7), 1, LEAKY),
        ((8, 4, 4), 3, NONE),
        ((24, 2, 3), 10, RELU),
        ((16, 1, 2), 2, LEAKY),
        ((16, 4, 6), 0, LEAKY),
    ],
)
def test_padding(shape: tuple[int, ...], pad: int, activation: int) -> None:
    def run(ops: Operations, x: Tensor, bias: Tensor) -> Tensor:
        return ops.pad(x, bias, activation, pad)

    check(run, TritonOperations(), picture(*shape), torch.randn(shape[0]))
    check(lambda ops, x: ops.pad(x, None, activation, pad), TritonOperations(), picture(*shape))


@pytest.mark.parametrize("shape", [(16, 3, 3), (12, 2, 5), (16, 1, 17)])
def test_enlargement(shape: tuple[int, ...]) -> None:
    def run(ops: Operations, x: Tensor, bias: Tensor) -> Tensor:
        return ops.enlarge(x, bias, LEAKY)

    check(run, TritonOperations(), picture(*shape), torch.randn(shape[0]))
    check(lambda ops, x: ops.enlarge(x, None, NONE), TritonOperations(), picture(*shape))


@pytest.mark.parametrize("as_product", [True, False])
@pytest.mark.parametrize(
    ("shape", "rates"),
    [((16, 2, 3), SPD8_RATES), ((12, 2, 3), SPD4_RATES), ((8, 1, 13), SPD4_RATES)],
)
def test_branches(shape: tuple[int, ...], rates: tuple[int, ...], as_product: bool) -> None:
    channels = shape[0]
    weights = [torch.randn(channels // len(rates), channels, 3, 3) * 0.1 for _ in rates]

    def run(ops: Operations, x: Tensor, bias: Tensor, *weights: Tensor) -> Tensor:
        return ops.branches(x, weights, bias, rates)

    check(run, TritonOperations(as_product), picture(*shape), torch.randn(channels), *weights)
