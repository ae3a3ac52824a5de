"""What stands between two convolutions, by Triton's kernels or by torch's own operations.

Padding is by replication; pictures are channels_last; biases may be of a higher precision.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import Function

from ...network.blocks import LEAK, replicate_pad, resize

if find_spec("triton"):
    from . import launch

NONE, RELU, LEAKY = 0, 1, 2


class Operations(Protocol):
    """Each takes N x C x H x W."""

    def pad(self, x: Tensor, bias: Tensor | None, activation: int, pad: int) -> Tensor:
        """Return activation(x + bias), padded by `pad` >= 0."""

    def enlarge(self, x: Tensor, bias: Tensor | None, activation: int) -> Tensor:
        """Return activation(x + bias) twice as large, corners aligned, padded by 1."""

    def branches(
        self, x: Tensor, weights: Sequence[Tensor], bias: Tensor, rates: Sequence[int]
    ) -> Tensor:
        """Return ReLU of 3x3 convolutions at each rate, side by side, padded by 1.

        Args:
            x: N x C x H x W.
            weights: O x C x 3 x 3, one for each rate.
            bias: of all outputs.
            rates: dilations.
        """


def operations(device: torch.device) -> Operations:
    """Return Triton's on CUDA where Triton is installed, else torch's."""
    return (
        TritonOperations() if device.type == "cuda" and find_spec("triton") else TorchOperations()
    )


class TorchOperations:
    """By torch's own operations."""

    def pad(self, x: Tensor, bias: Tensor | None, activation: int, pad: int) -> Tensor:
        if bias is not None:
            x = x + bias.to(x.dtype).view(1, -1, 1, 1)
        if activation:
            x = F.relu(x) if activation == RELU else F.leaky_relu(x, LEAK)
        return replicate_pad(x, pad) if pad else x

    def enlarge(self, x: Tensor, bias: Tensor | None, activation: int) -> Tensor:
        return replicate_pad(resize(self.pad(x, bias, activation, 0), 2), 1)

    def branches(
        self, x: Tensor, weights: Sequence[Tensor], bias: Tensor, rates: Sequence[int]
    ) -> Tensor:
        parts = _convolved(self, x, weights, rates)
        return self.pad(torch.cat(parts, 1), bias, RELU, 1)


class TritonOperations:
    """By the kernels of kernels.py, in bfloat16 or float32.

    Args:
        as_product: make all branches of a block by one matrix product, whose columns are shifted
            and added up; else by a convolution each.
    """

    def __init__(self, as_product: bool = True) -> None:
        self.as_product = as_product
        # Made before a step is captured: making it copies from the host.
        self._rates: dict[tuple[tuple[int, ...], torch.device], Tensor] = {}

    def pad(self, x: Tensor, bias: Tensor | None, activation: int, pad: int) -> Tensor:
        return _Pad.apply(x, bias, activation, pad)  # type: ignore[no-untyped-call]

    def enlarge(self, x: Tensor, bias: Tensor | None, activation: int) -> Tensor:
        return _Enlarge.apply(x, bias, activation)  # type: ignore[no-untyped-call]

    def branches(
        self, x: Tensor, weights: Sequence[Tensor], bias: Tensor, rates: Sequence[int]
    ) -> Tensor:
        if not self.as_product:
            return self.pad(torch.cat(_convolved(self, x, weights, rates), 1), bias, RELU, 1)
        key = tuple(rates), x.device
        if key not in self._rates:
            self._rates[key] = torch.tensor(rates, dtype=torch.int32, device=x.device)
        n, c, height, width = x.shape
        pixels = _dense(x).permute(0, 2, 3, 1).reshape(-1, c)
        # (branch, output, C, 3, 3) to rows (branch, tap, output).
        rows = torch.stack(list(weights)).permute(0, 3, 4, 1, 2).reshape(-1, c)
        parts = pixels @ rows.mT, bias, self._rates[key], (n, height, width)
        return _ShiftedSum.apply(*parts)  # type: ignore[no-untyped-call]


def _convolved(
    operations: Operations, x: Tensor, weights: Sequence[Tensor], rates: Sequence[int]
) -> list[Tensor]:
    return [
        F.conv2d(operations.pad(x, None, NONE, rate), weight, dilation=rate)
        for weight, rate in zip(weights, rates, strict=True)
    ]


class _Pad(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, bias: Tensor | None, activation: int, pad: int) -> Tensor:
        out = launch.pad_forward(_dense(x), bias, activation, pad)
        ctx.how = activation, pad
        ctx.save_for_backward(*([out] if activation else []))
        return out

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        grad = _dense(grad)
        out = ctx.saved_tensors[0] if ctx.saved_tensors else grad
        dx = launch.pad_backward(grad, out, *ctx.how)
        return dx, _bias_gradient(dx) if ctx.needs_input_grad[1] else None, None, None


class _Enlarge(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, bias: Tensor | None, activation: int) -> Tensor:
        x = _dense(x)
        ctx.activation = activation
        ctx.save_for_backward(*((x, bias) if activation else ()))
        return launch.enlarge_forward(x, bias, activation)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        grad = _dense(grad)
        x, bias = ctx.saved_tensors or (grad, None)
        dx = launch.enlarge_backward(grad, x, bias, ctx.activation)
        return dx, _bias_gradient(dx) if ctx.needs_input_grad[1] else None, None


class _ShiftedSum(Function):
    @staticmethod
    def forward(ctx: Any, products: Tensor, bias: Tensor, rates: Tensor, shape: tuple) -> Tensor:
        out = launch.shift_forward(products, bias, rates, shape)
        ctx.save_for_backward(out, rates)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        out, rates = ctx.saved_tensors
        sums = launch.pad_backward(_dense(grad), out, RELU, 1)
        return launch.shift_backward(sums, rates), _bias_gradient(sums), None, None


def _dense(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)


def _bias_gradient(dx: Tensor) -> Tensor:
    return dx.permute(0, 2, 3, 1).reshape(-1, dx.shape[1]).sum(0, dtype=torch.float32)
