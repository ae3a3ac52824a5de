"""Estimating the scales of channels that a VGG network has lost. Measuring with it: calibration.py.

This is an estimate, for want of the reference itself. What it stands on:

1. ReLU is positively homogeneous, and so are the pools: a channel's incoming kernel and bias may
   be multiplied by s > 0 and its outgoing kernel divided by s, and the function stays. Such
   scales are what a rescaled network has lost.
2. Weight decay chooses among them. With a = |incoming|^2 and b = |outgoing|^2 of a channel, the
   decay is a s^2 + b / s^2 and nothing else depends on s; its derivative is zero where
   a s^2 = b / s^2. So a network trained for long is balanced: incoming = outgoing in each channel,
   and all layers' Frobenius norms are equal. The last layer's outgoing kernels are missing here:
   its channels get equal shares of its norm.
3. How large that common norm F is, the first layers alone cannot tell: every F allows a balance,
   and activations of layer l grow as F^l. The balance says only how the channels of a layer are
   to one another. How large a layer is, is taken from outside: from mean activations of
   torchvision's VGG-19 as published (`MEAN_ACTIVATIONS`).
4. Torchvision's VGG-19 is another training than the one whose weights were rescaled: its channels
   are others, and only their statistics are taken for alike.
"""

from collections.abc import Mapping
from copy import deepcopy

import torch
from torch import Tensor, nn

from ..perceptual import Vgg

MEAN_ACTIVATIONS = {"conv1_1": 0.35, "conv2_1": 0.8, "conv3_1": 1.3}
"""Mean over channels of the mean activation (after ReLU) of torchvision's VGG-19 on ImageNet.

Read by eye, to about 15 %, from the histograms in images/sample_activations.png of
github.com/MrinalJain17/vgg-normalized. That they are after the ReLU is inferred: none is negative.
"""

_ROUNDS = 10_000
_PRECISION = 1e-9


@torch.no_grad()
def estimate_reference(
    network: Vgg, pictures: Tensor, means: Mapping[str, float] | None = None
) -> Vgg:
    """Return the network with its channels rescaled to what the reference's are thought to be.

    It computes the same function up to the scales of the channels. See this file's head.

    Args:
        network: the first layers of a VGG-19, with whatever preparation of the picture.
        pictures: N x 3 x H x W in [0, 1], photographs to measure activations on.
        means: the mean activations wanted; None for those published of torchvision's VGG-19.
            Layers that are not named keep a scale without meaning.
    """
    means = means or MEAN_ACTIVATIONS
    rescaled = rescale(network, balancing_scales([_energies(c) for c in _convolutions(network)]))
    found = rescaled(pictures, rescaled.layers)
    scales = []
    for convolution, (name, features) in zip(_convolutions(rescaled), found.items(), strict=True):
        factor = means[name] / features.relu().mean().item() if name in means else 1.0
        scales.append(torch.full((convolution.out_channels,), factor))
    return rescale(rescaled, scales)


@torch.no_grad()
def rescale(network: Vgg, scales: list[Tensor]) -> Vgg:
    """Return a copy whose layers' outputs are multiplied by `scales`, one vector a layer."""
    rescaled = deepcopy(network)
    before: Tensor | None = None
    for convolution, scale in zip(_convolutions(rescaled), scales, strict=True):
        assert convolution.bias is not None
        scale = scale.to(convolution.weight)
        convolution.weight *= scale.view(-1, 1, 1, 1)
        convolution.bias *= scale
        if before is not None:
            convolution.weight /= before.view(1, -1, 1, 1)
        before = scale
    return rescaled


def layer_norms(network: Vgg) -> dict[str, float]:
    """Return each layer's Frobenius norm, of its kernel alone."""
    norms = (c.weight.norm().item() for c in _convolutions(network))
    return dict(zip(network.layers, norms, strict=True))


def balancing_scales(energies: list[Tensor]) -> list[Tensor]:
    """Return the scales of each layer's outputs that balance a chain of layers.

    Afterwards, in each channel between two layers, incoming and outgoing squared norm are equal,
    and each output of the last layer has the squared norm 1 / outputs: all layers' norms are 1.
    This is the minimum of sum_l |W_l|^2 - mean log scale[-1]^2, convex in the scales' logarithms,
    found by setting one layer after another to its own minimum.

    Args:
        energies: each layer's squared weights, summed over positions: outputs x inputs.

    Returns:
        Each layer's scales, float64; 1 for channels without incoming or outgoing weights.
    """
    chain = [energy.double() for energy in energies]
    squared = [torch.ones(len(energy), dtype=torch.float64) for energy in chain]
    inputs = torch.ones(chain[0].shape[1], dtype=torch.float64)
    last = len(chain) - 1
    for _ in range(_ROUNDS):
        moved = 0.0
        for i, energy in enumerate(chain):
            incoming = energy @ (squared[i - 1] if i else inputs).reciprocal()
            if i == last:
                new = 1 / (len(energy) * incoming)
            else:
                new = (squared[i + 1] @ chain[i + 1] / incoming).sqrt()
            new = torch.where(new.isfinite() & (new > 0), new, 1)
            moved = max(moved, (new / squared[i]).log().abs().max().item())
            squared[i] = new
        if moved < _PRECISION:
            break
    return [scale.sqrt() for scale in squared]


def _convolutions(network: Vgg) -> list[nn.Conv2d]:
    return [c for c in network.convolutions.values() if isinstance(c, nn.Conv2d)]


def _energies(convolution: nn.Conv2d) -> Tensor:
    return convolution.weight.double().square().sum((2, 3))
