"""Calls of the kernels: what comes out of which shapes. Imported only where Triton is."""

import torch
import triton
from torch import Tensor

from . import kernels


def pad_forward(x: Tensor, bias: Tensor | None, activation: int, pad: int) -> Tensor:
    """Return activation(x + bias), N x C x H x W, its border repeated `pad` pixels outwards."""
    n, c, h, w = x.shape
    out = _empty(x, n, c, h + 2 * pad, w + 2 * pad)
    block = _block((w + 2 * pad) * c)
    grid = (n * (h + 2 * pad), triton.cdiv((w + 2 * pad) * c, block))
    has_bias = bias is not None
    kernels.pad_forward[grid](
        x, bias if has_bias else x, out, h, w, pad, c, activation, has_bias, block
    )
    return out


def pad_backward(grad: Tensor, out: Tensor, activation: int, pad: int) -> Tensor:
    """Return the gradient of x + bias; `out` is what the forward pass returned."""
    n, c, tall, wide = grad.shape
    h, w = tall - 2 * pad, wide - 2 * pad
    dx = _empty(grad, n, c, h, w)
    block = _block(w * c)
    grid = (n * h, triton.cdiv(w * c, block))
    kernels.pad_backward[grid](grad, out, dx, h, w, pad, c, activation, block)
    return dx


def enlarge_forward(x: Tensor, bias: Tensor | None, activation: int) -> Tensor:
    """Return activation(x + bias) twice as large with aligned corners, padded by 1."""
    n, c, h, w = x.shape
    out = _empty(x, n, c, 2 * h + 2, 2 * w + 2)
    ratios, (channels, columns) = _ratios(h, w), _tile(c)
    has_bias = bias is not None
    kernels.enlarge_forward[n * (2 * h + 2), triton.cdiv(2 * w + 2, columns)](
        x, bias if has_bias else x, out, h, w, *ratios, c, channels, activation, has_bias, columns
    )
    return out


def enlarge_backward(grad: Tensor, x: Tensor, bias: Tensor | None, activation: int) -> Tensor:
    """Return the gradient of x + bias; `x` and `bias` are looked at for an activation alone."""
    n, c, h, w = grad.shape[0], grad.shape[1], grad.shape[2] // 2 - 1, grad.shape[3] // 2 - 1
    dx = _empty(grad, n, c, h, w)
    ratios, (channels, columns) = _ratios(h, w), _tile(c)
    has_bias = bias is not None
    kernels.enlarge_backward[n * h, triton.cdiv(w, columns)](
        grad, x, bias if has_bias else x, dx, h, w, *ratios, c, channels, activation, has_bias,
        columns,
    )  # fmt: skip
    return dx


def shift_forward(products: Tensor, bias: Tensor, rates: Tensor, shape: tuple) -> Tensor:
    """Add shifted products up: ReLU of all branches' 3x3 convolutions, padded by 1.

    Args:
        products: N H W x (branch, tap, output): every pixel times every tap's kernel.
        bias: (branch, output).
        rates: one a branch, int32.
        shape: N, H, W.

    Returns:
        N x (branch, output) x H + 2 x W + 2.
    """
    n, h, w = shape
    branches = len(rates)
    outputs = bias.numel() // branches
    out = _empty(products, n, branches * outputs, h + 2, w + 2)
    wide, columns, warps = _branch_tile(outputs, w + 2)
    kernels.shift_forward[n * (h + 2), branches](
        products, bias, rates, out, h, w, outputs, wide, branches, columns, num_warps=warps
    )
    return out


def shift_backward(grad: Tensor, rates: Tensor) -> Tensor:
    """Return the gradient of `products`; `grad`, N x (branch, output) x H x W, is of the sums."""
    n, c, h, w = grad.shape
    branches = len(rates)
    outputs = c // branches
    products = torch.empty((n * h * w, 9 * c), dtype=grad.dtype, device=grad.device)
    wide, columns, warps = _branch_tile(outputs, w)
    kernels.shift_backward[n * h, branches * 9](
        grad, rates, products, h, w, outputs, wide, branches, columns, num_warps=warps
    )
    return products


def _empty(like: Tensor, n: int, c: int, h: int, w: int) -> Tensor:
    return torch.empty(
        (n, c, h, w), dtype=like.dtype, device=like.device, memory_format=torch.channels_last
    )


def _block(numbers: int) -> int:
    return max(128, min(1024, triton.next_power_of_2(numbers)))


def _ratios(h: int, w: int) -> tuple[float, float]:
    return (h - 1) / (2 * h - 1), (w - 1) / (2 * w - 1)


def _tile(channels: int) -> tuple[int, int]:
    wide = triton.next_power_of_2(channels)
    return wide, max(8, 1024 // wide)


def _branch_tile(outputs: int, columns: int) -> tuple[int, int, int]:
    wide = triton.next_power_of_2(outputs)
    return wide, min(32, triton.next_power_of_2(columns)), 2 if outputs < 32 else 4
