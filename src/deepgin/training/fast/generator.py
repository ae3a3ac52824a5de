"""The generator's forward pass on leaves of any precision, padding and activations fused."""

from collections.abc import Iterable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...network import Generator
from ...network.blocks import Conv, ConvLeaky, NonLocal, ResidualBlock, SpdBlock, UpConv
from ...network.generator import CoarseStage, RefinementStage
from .ops import LEAKY, NONE, RELU, Operations

_LAYERS = (Conv, ConvLeaky, UpConv, NonLocal, ResidualBlock, SpdBlock)
_CONTAINERS = (Generator, CoarseStage, RefinementStage, nn.Sequential, nn.ModuleList)


def supports(network: nn.Module) -> bool:
    """Return whether `FastGenerator` can run a network: any variant and width, as `build` makes it.

    Not one that is compiled, recomputes, or has layers of its own.
    """
    known = (*_LAYERS, *_CONTAINERS)
    return type(network) is Generator and all(type(m) in known for m in network.modules())


class FastGenerator(Generator):
    """The function of a `Generator`, with its layers' parameters taken from `leaves`.

    How the two stages are joined is the generator's own; the stages run on `operations`. A layer's
    bias and activation wait until the next layer pads, and are done with that.

    Args:
        network: one that is supported; its parameters are not looked at.
        leaves: a tensor for each name of its parameters: kernels in the type that convolutions run
            in, biases in that or a higher one.
        operations: see `ops.operations`.
    """

    def __init__(
        self, network: Generator, leaves: Mapping[str, Tensor], operations: Operations
    ) -> None:
        nn.Module.__init__(self)
        self.name, self.width, self.variant = network.name, network.width, network.variant
        self.prefill = network.prefill
        layers = _Layers(network, leaves, operations)
        self.stage1 = _Coarse(network.stage1, layers)  # type: ignore[assignment]
        self.stage2 = None
        if network.stage2 is not None:
            self.stage2 = _Refinement(network.stage2, layers)  # type: ignore[assignment]


class _Coarse(nn.Module):
    """`CoarseStage`; pictures come out in the biases' precision."""

    def __init__(self, stage: CoarseStage, layers: "_Layers") -> None:
        super().__init__()
        self.stage, self.layers = stage, layers

    def forward(self, x: Tensor) -> Tensor:
        s, run = self.stage, self.layers
        decoded = run.chain((*s.encoder, *s.middle, *s.decoder), run.begin(x))
        return run.pictures(decoded, s.out)[0]


class _Refinement(nn.Module):
    """`RefinementStage`; pictures come out in the biases' precision."""

    def __init__(self, stage: RefinementStage, layers: "_Layers") -> None:
        super().__init__()
        self.stage, self.layers = stage, layers

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
        s, run = self.stage, self.layers
        e3 = run.chain((s.e1, s.e2, s.e3), run.begin(x))
        e4 = run.layer(s.e4, e3)
        d1 = run.chain((s.e5, *s.middle, s.d1), e4)
        if s.skips:
            d1 = run.layer(s.mix1, run.joined(d1, run.chain(s.skip4, e4)))
        d2 = run.layer(s.d2, d1)
        if s.skips:
            d2 = run.layer(s.mix2, run.joined(d2, run.chain(s.skip3, e3)))
        d4 = run.chain((s.d3, s.d4), d2)
        if not s.back_projection:
            return run.pictures(d4, s.out)[0], None, None
        out, alpha = run.pictures(d4, s.out, s.alpha)
        (low,) = run.pictures(run.layer(s.low, d2), s.low_out)
        return out, low, torch.sigmoid(alpha)


class _Pending:
    """A convolution's output N x C x H x W whose bias and activation are still to come."""

    def __init__(
        self, operations: Operations, x: Tensor, bias: Tensor | None = None, activation: int = NONE
    ) -> None:
        self.operations, self.x, self.bias, self.activation = operations, x, bias, activation
        self._padded: dict[int, Tensor] = {}  # two layers may want the same

    def padded(self, pad: int) -> Tensor:
        if not pad and self.bias is None and self.activation == NONE:
            return self.x
        if pad not in self._padded:
            self._padded[pad] = self.operations.pad(self.x, self.bias, self.activation, pad)
        return self._padded[pad]

    def enlarged(self) -> Tensor:
        return self.operations.enlarge(self.x, self.bias, self.activation)


class _Layers:
    """Runs single layers of a network on leaves."""

    def __init__(
        self, network: Generator, leaves: Mapping[str, Tensor], operations: Operations
    ) -> None:
        self.operations = operations
        self.parameters = {
            layer: (leaves[f"{name}.weight"], leaves[f"{name}.bias"])
            for name, layer in network.named_modules()
            if isinstance(layer, Conv)
        }
        self.precision = leaves["stage1.out.weight"].dtype

    def begin(self, x: Tensor) -> _Pending:
        """Take a stage's input; tensor cores want a multiple of eight channels."""
        return self._done(_more_channels(x.to(self.precision)))

    def _done(self, x: Tensor) -> _Pending:
        return _Pending(self.operations, x)

    def joined(self, *parts: _Pending) -> _Pending:
        return self._done(torch.cat([part.padded(0) for part in parts], 1))

    def chain(self, layers: Iterable[nn.Module], x: _Pending) -> _Pending:
        for layer in layers:
            x = self.layer(layer, x)
        return x

    def layer(self, layer: nn.Module, x: _Pending) -> _Pending:
        if isinstance(layer, Conv):
            return self._convolution(layer, x)
        before = x.padded(0)
        if isinstance(layer, NonLocal):
            return self._done(before + self._attention(layer, before))
        assert isinstance(layer, SpdBlock | ResidualBlock)
        if isinstance(layer, SpdBlock):
            branches = [branch for branch in layer.branches if isinstance(branch, Conv)]
            weights, biases = zip(*(self.parameters[b] for b in branches), strict=True)
            rates = [branch.dilation[0] for branch in branches]
            inner = self.operations.branches(before, weights, torch.cat(biases), rates)
        else:
            weight, bias = self.parameters[layer.first]
            rate = layer.first.dilation[0]
            inner = F.conv2d(x.padded(layer.first.border), weight, dilation=rate)
            inner = self.operations.pad(inner, bias, RELU, 1)
        weight, bias = self.parameters[layer.last]
        return self._done(before + self.operations.pad(F.conv2d(inner, weight), bias, NONE, 0))

    def _convolution(self, layer: Conv, x: _Pending) -> _Pending:
        weight, bias = self.parameters[layer]
        padded = x.enlarged() if isinstance(layer, UpConv) else x.padded(layer.border)
        if padded.shape[1] > weight.shape[1]:  # a stage's first layer
            weight = _more_channels(weight)
        activation = LEAKY if isinstance(layer, ConvLeaky) else NONE
        return _Pending(
            self.operations, F.conv2d(padded, weight, None, layer.stride), bias, activation
        )

    def _attention(self, layer: NonLocal, x: Tensor) -> Tensor:
        """Return the branch of `NonLocal`; the three 1x1 convolutions as one product."""
        n, c, height, width = x.shape
        weights, biases = zip(
            *(self.parameters[part] for part in (layer.theta, layer.phi, layer.g)), strict=True
        )
        pixels = x.permute(0, 2, 3, 1).reshape(n, 1, height * width, c)
        weight, bias = torch.cat(weights).flatten(1), torch.cat(biases).to(x.dtype)
        query, key, value = F.linear(pixels, weight, bias).chunk(3, -1)
        weight, bias = self.parameters[layer.last]
        seen = F.linear(layer.attend(query, key, value), weight.flatten(1), bias.to(x.dtype))
        return seen.view(n, height, width, c).permute(0, 3, 1, 2)

    def pictures(self, x: _Pending, *layers: Conv) -> list[Tensor]:
        """Return the pictures that layers of few outputs make of one input, by one convolution.

        Smaller kernels become the middle of larger ones; rows of zeros make eight outputs.
        """
        border = max(layer.border for layer in layers)
        weights, biases = zip(*(self.parameters[layer] for layer in layers), strict=True)
        weight = torch.cat(
            [
                F.pad(w, (border - layer.border,) * 4)
                for w, layer in zip(weights, layers, strict=True)
            ]
        )
        weight = _more_channels(weight.transpose(0, 1)).transpose(0, 1)
        both = F.conv2d(x.padded(border), weight.contiguous(memory_format=torch.channels_last))
        parts = both.split([*map(len, biases), len(weight) - sum(map(len, biases))], 1)
        return [
            part.to(bias.dtype) + bias.view(1, -1, 1, 1)
            for part, bias in zip(parts[:-1], biases, strict=True)
        ]


def _more_channels(x: Tensor) -> Tensor:
    """Append channels of zeros to N x C x H x W up to a multiple of eight; channels_last."""
    x = F.pad(x, (0, 0, 0, 0, 0, -x.shape[1] % 8))
    return x.contiguous(memory_format=torch.channels_last)
