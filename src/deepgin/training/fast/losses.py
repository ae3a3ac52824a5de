"""The main stage's losses with the work of each done once, in the precision that is fast."""

import copy
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd import Function

from ...losses import PictureLosses, total_variation
from ...network import Discriminators, Filled
from ...network.blocks import LEAK
from ...network.discriminator import SpectralConv


class FastPictureLosses:
    """`PictureLosses` in the form of [P]: the same terms, differences summed in float32.

    Args:
        plain: the losses, on their device; the network is copied.
        precision: of convolutions and features.
    """

    def __init__(self, plain: PictureLosses, precision: torch.dtype) -> None:
        self.terms, self.layers = plain.terms, plain.layers
        if plain.network is None:
            return
        self.vgg = copy.deepcopy(plain.network)
        for layer in self.vgg.convolutions.values():
            layer.to(precision, memory_format=torch.channels_last)  # type: ignore[call-overload]
        first = next(iter(self.vgg.convolutions.values()))
        assert isinstance(first, nn.Conv2d)
        first.weight = nn.Parameter(_eight_inputs(first.weight), requires_grad=False)
        self.vgg.input = _Prepared(self.vgg.input, precision)  # type: ignore[assignment]

    def __call__(self, filled: Filled, truth: Tensor, repeats: int) -> dict[str, Tensor]:
        """Return the terms, unweighted; arguments as `PictureLosses.forward` takes them."""
        losses: dict[str, Tensor] = {}
        if {"perceptual", "style"} & {*self.terms}:
            losses = self._features(filled, truth, repeats)
        if "total_variation" in self.terms:
            losses["total_variation"] = total_variation(filled.completed)
        return {name: losses[name] for name in self.terms}

    def _features(self, filled: Filled, truth: Tensor, repeats: int) -> dict[str, Tensor]:
        pictures = self.vgg(torch.cat((filled.reconstructed, filled.completed)), self.layers)
        with torch.no_grad():
            true = self.vgg(truth[::repeats], self.layers)
        shape = (2, -1, repeats)
        perceptual, style = [], []
        for name, features in pictures.items():
            difference = features.unflatten(0, shape) - true[name].unsqueeze(1)
            perceptual.append(_mean_absolute(difference))
            grams = _gram(features).unflatten(0, shape)
            style.append((grams - _gram(true[name]).unsqueeze(1)).abs().mean())
        # Their means are over both pictures: twice that is the sum that is meant.
        return {
            "perceptual": 2 * torch.stack(perceptual).sum(),
            "style": 2 * torch.stack(style).sum(),
        }


class Scorer:
    """The scores of `Discriminators` with weights normalised once a step, in `precision`.

    The plain form does so for each of its three passes, by a power iteration each time; here one
    iteration serves the two passes that are left.
    """

    def __init__(self, discriminators: Discriminators, precision: torch.dtype) -> None:
        self.precision = precision
        self.layers = [
            [layer for layer in part.layers if isinstance(layer, SpectralConv)]
            for part in (discriminators.full_size, discriminators.half_size)
        ]

    def normalise(self) -> None:
        """Divide the weights by their norms, for the passes that follow."""
        self.weights = [
            [_eight_inputs(layer.normalised_weight().to(self.precision)) for layer in layers]
            for layers in self.layers
        ]

    def __call__(self, masked: Tensor, picture: Tensor) -> list[Tensor]:
        """Return the score maps of `picture` (N x 3 x H x W) given `masked`, float32 at least."""
        both = torch.cat((masked, picture), 1)
        half = F.avg_pool2d(both, 3, stride=2, padding=1, count_include_pad=False)
        scores = []
        for layers, weights, x in zip(self.layers, self.weights, (both, half), strict=True):
            x = x.to(self.precision)
            for layer, weight in zip(layers, weights, strict=True):
                assert layer.bias is not None
                x = F.conv2d(
                    _eight_inputs(x), weight, layer.bias.to(x.dtype), layer.stride, layer.padding
                )
                if layer is not layers[-1]:
                    x = F.leaky_relu(x, LEAK)
            scores.append(x.to(_wide(x)))
        return scores


class _Prepared(nn.Module):
    """A perceptual network's input, then in the precision of its convolutions."""

    def __init__(self, scale: nn.Module, precision: torch.dtype) -> None:
        super().__init__()
        self.scale, self.precision = scale, precision

    def forward(self, x: Tensor) -> Tensor:
        return _eight_inputs(self.scale(x).to(self.precision))


def _eight_inputs(x: Tensor) -> Tensor:
    """Make up the channels of N x C x H x W to a multiple of eight, which tensor cores want."""
    x = F.pad(x, (0, 0, 0, 0, 0, -x.shape[1] % 8))
    return x.contiguous(memory_format=torch.channels_last)


def _mean_absolute(x: Tensor) -> Tensor:
    """Return the mean of |x| in float32 at least, without a copy of `x` in that precision."""
    return _MeanAbsolute.apply(x)  # type: ignore[no-untyped-call]


def _gram(features: Tensor) -> Tensor:
    """Return `losses.gram` of N x C x H x W: products in its precision, summed in float32."""
    # N x HW x C is a view of what is channels_last.
    return _Gram.apply(features.flatten(2).mT)  # type: ignore[no-untyped-call]


class _MeanAbsolute(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return torch.linalg.vector_norm(x, 1, dtype=_wide(x)) / x.numel()

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return torch.sign(x).mul_((grad / x.numel()).to(x.dtype))


class _Gram(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        scale = 1 / (x.shape[1] * x.shape[2])
        if x.is_cuda and x.dtype == torch.bfloat16:
            return torch.bmm(x.mT, x, out_dtype=torch.float32) * scale
        x = x.to(_wide(x))
        return x.mT @ x * scale

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        # Scaled to about 1 first, so that bfloat16 loses no small ones.
        grad = grad + grad.mT
        size = grad.abs().amax().clamp_min(1e-30)
        scale = (size / (x.shape[1] * x.shape[2])).to(x.dtype)
        return torch.bmm(x, (grad / size).to(x.dtype)) * scale


def _wide(x: Tensor) -> torch.dtype:
    return torch.promote_types(x.dtype, torch.float32)
