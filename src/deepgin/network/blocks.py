"""The layers of all DeepGIN networks; generator.py joins them."""

from collections.abc import Callable
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LEAK = 0.2
SPD8_RATES = (2, 3, 4, 5, 6, 8, 10, 1)  # [C] this order, which only loading weights depends on
SPD4_RATES = (2, 3, 4, 5)


def _pad_by_slices(x: Tensor, pad: int) -> Tensor:
    n, c, height, width = x.shape
    size = (n, c, height + 2 * pad, width + 2 * pad)
    out = torch.empty(size, dtype=x.dtype, device=x.device, memory_format=_layout(x))
    out[:, :, pad:-pad, pad:-pad] = x
    out[:, :, pad:-pad, :pad] = x[..., :1]
    out[:, :, pad:-pad, -pad:] = x[..., -1:]
    out[:, :, :pad] = out[:, :, pad : pad + 1]
    out[:, :, -pad:] = out[:, :, -pad - 1 : -pad]
    return out


class _PadBySlices(torch.autograd.Function):
    # On CUDA the built-in makes its input contiguous, so channels_last is lost, and its backward
    # uses atomics, so training does not repeat bit for bit. This backward sums slices.
    @staticmethod
    def forward(ctx, x: Tensor, pad: int) -> Tensor:  # type: ignore[no-untyped-def]
        ctx.pad = pad
        return _pad_by_slices(x, pad)

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, None]:  # type: ignore[no-untyped-def]
        p = ctx.pad
        rows = grad[:, :, p:-p].clone(memory_format=_layout(grad))
        rows[:, :, 0] += grad[:, :, :p].sum(2)
        rows[:, :, -1] += grad[:, :, -p:].sum(2)
        inner = rows[..., p:-p].clone(memory_format=_layout(grad))
        inner[..., 0] += rows[..., :p].sum(3)
        inner[..., -1] += rows[..., -p:].sum(3)
        return inner, None


def _layout(x: Tensor) -> torch.memory_format:
    last = x.is_contiguous(memory_format=torch.channels_last)
    return torch.channels_last if last else torch.contiguous_format


def replicate_pad(x: Tensor, pad: int) -> Tensor:
    """Repeat the border pixels of `x` (N x C x H x W) outwards by `pad` >= 1 on each side."""
    if x.device.type == "cpu":
        # The built-in is the fastest here (benchmarks/network.py) as long as all is channels_last
        # and autocast does not make it pad in float32.
        if torch.compiler.is_exporting():  # a change of context is a graph of its own there
            return F.pad(x, (pad,) * 4, mode="replicate")
        with torch.autocast("cpu", enabled=False):
            return F.pad(x, (pad,) * 4, mode="replicate")
    return pad_by_slices(x, pad)


def pad_by_slices(x: Tensor, pad: int) -> Tensor:
    """Pad as `replicate_pad` does on other devices than the CPU."""
    if x.requires_grad and torch.is_grad_enabled():
        return _PadBySlices.apply(x, pad)  # type: ignore[no-untyped-call]
    return _pad_by_slices(x, pad)


class Conv(nn.Conv2d):
    """A convolution that pads by replication, as every one of the generator does [C]."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, rate: int = 1
    ) -> None:
        super().__init__(inputs, outputs, kernel, stride=stride, dilation=rate)
        # 7x7: 3; 4x4 with stride 2: 1; 3x3 with rate r: r; 1x1: 0.
        self.border = rate * (kernel - 1) // 2

    def fill_bias(self, value: float) -> None:
        assert self.bias is not None
        nn.init.constant_(self.bias, value)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(replicate_pad(x, self.border) if self.border else x)


class ConvLeaky(Conv):
    """`Conv` followed by LeakyReLU(0.2)."""

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu_(super().forward(x), LEAK)


class UpConv(ConvLeaky):
    """Bilinear enlargement by 2, then 3x3 and LeakyReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 3)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(resize(x, 2))


def resize(x: Tensor, scale: float) -> Tensor:
    """Bilinear resize with aligned corners: `down4`, `up4` and the decoder's upsampling [C]."""
    return F.interpolate(x, scale_factor=scale, mode="bilinear", align_corners=True)


class ResidualBlock(nn.Module):
    """x + 3x3(ReLU(3x3(x))); `rate` 1 is the paper's standard block, 2 its dilated one."""

    def __init__(self, channels: int, rate: int = 1) -> None:
        super().__init__()
        self.first = Conv(channels, channels, 3, rate=rate)
        self.last = Conv(channels, channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.last(F.relu_(self.first(x)))


class SpdBlock(nn.Module):
    """Spatial pyramid dilation block: x + 3x3(concat of ReLU(3x3 at rate r)) ([P] section 3.1).

    Each branch takes all C channels to C / len(rates).
    """

    def __init__(self, channels: int, rates: tuple[int, ...]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            Conv(channels, channels // len(rates), 3, rate=rate) for rate in rates
        )
        self.last = Conv(channels, channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.last(F.relu_(torch.cat([branch(x) for branch in self.branches], 1)))


Attention: TypeAlias = Callable[[Tensor, Tensor, Tensor], Tensor]


class NonLocal(nn.Module):
    """Embedded-Gaussian self-attention over all positions (Wang et al. 2018, [P] section 3.2).

    softmax(theta . phi) is not scaled [C]. The matrix of scores is never held in memory.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.theta = Conv(channels, channels // 2, 1)
        self.phi = Conv(channels, channels // 2, 1)
        self.g = Conv(channels, channels // 2, 1)
        self.last = Conv(channels // 2, channels, 1)
        self.attend: Attention = _attend  # an exporter puts another form here

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (_tokens(layer(x)) for layer in (self.theta, self.phi, self.g))
        seen = self.attend(query, key, value)
        n, _, height, width = x.shape
        return x + self.last(seen[:, 0].transpose(1, 2).reshape(n, -1, height, width))


def _attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return F.scaled_dot_product_attention(query, key, value, scale=1.0)


def _tokens(x: Tensor) -> Tensor:
    """N x C x H x W to N x 1 head x HW x C: a view of a channels_last tensor."""
    return x.flatten(2).transpose(1, 2).unsqueeze(1)
