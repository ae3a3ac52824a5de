"""LPIPS, a learned distance of pictures."""

from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import UsageError
from ..perceptual import AlexNet, Backbone, load_alexnet, load_lpips_heads, load_vgg

VGG_LAYERS = ("conv1_2", "conv2_2", "conv3_3", "conv4_3", "conv5_3")
_EPSILON = 1e-10  # of the authors' code


class Lpips(nn.Module):
    """LPIPS v0.1 (Zhang et al. 2018), lower is nearer.

    Features after their ReLU are scaled to length one at every position; the squared differences
    are weighted by channel, averaged over positions and summed over layers. The authors shift and
    scale [-1, 1] as their networks' ImageNet mean and deviation do [0, 1]: that is in the backbone.

        >>> lpips = Lpips(lambda x, names: {"all": x}, ["all"], [torch.tensor([1.0, 1.0, 0.5])])
        >>> red, blue = torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 4, 4)
        >>> red[:, 0], blue[:, 2] = 0.3, 0.9  # of length one: (1, 0, 0) and (0, 0, 1)
        >>> lpips(red, blue)
        tensor([1.5000])

    Args:
        backbone: the features' network.
        layers: the names of its layers to compare.
        heads: for each layer, a weight for each of its channels.
    """

    def __init__(self, backbone: Backbone, layers: Sequence[str], heads: Sequence[Tensor]) -> None:
        super().__init__()
        if len(layers) != len(heads):
            raise UsageError(f"LPIPS needs a head for each layer: {len(layers)}, {len(heads)}")
        self.backbone, self.layers = backbone, tuple(layers)
        for i, head in enumerate(heads):
            self.register_buffer(f"head{i}", head.flatten())

    @torch.no_grad()
    def forward(self, picture: Tensor, truth: Tensor) -> Tensor:
        """Return the distance of each pair, a vector of N; never in half precision.

        Both are N x 3 x H x W in [0, 1], RGB, on the device of the network; UsageError if their
        shapes differ.
        """
        if picture.shape != truth.shape:
            raise UsageError(
                f"LPIPS compares one shape: {tuple(picture.shape)} is not {tuple(truth.shape)}"
            )
        with torch.autocast(picture.device.type, enabled=False):
            ones, others = self.backbone(picture, self.layers), self.backbone(truth, self.layers)
            distance = picture.new_zeros(len(picture))
            for i, name in enumerate(self.layers):
                squared = (_unit(ones[name]) - _unit(others[name])).square()
                head: Tensor = getattr(self, f"head{i}")
                distance = distance + (squared * head.view(-1, 1, 1)).sum(1).mean((1, 2))
        return distance


def _unit(features: Tensor) -> Tensor:
    seen = F.relu(features)
    return seen / (seen.norm(dim=1, keepdim=True) + _EPSILON)


def load_lpips(
    heads: str | Path,
    network: str = "alexnet",
    weights: str | Path | None = None,
) -> Lpips:
    """Load LPIPS v0.1 with public weights, on the CPU.

    Args:
        heads: the .safetensors file of the linear heads.
        network: the backbone, alexnet or vgg16.
        weights: torchvision's .pth file of that network; None downloads it once.

    Raises:
        WeightsError: a file is missing, damaged or of another network.
        UsageError: another name of a network.
    """
    if network == "alexnet":
        layers: tuple[str, ...] = AlexNet.layers
    elif network == "vgg16":
        layers = VGG_LAYERS
    else:
        raise UsageError(
            f"LPIPS has no heads for '{network}'",
            field="lpips_network",
            mend="choose alexnet or vgg16",
        )
    vectors = load_lpips_heads(heads, network)
    spec = weights or network
    backbone = load_alexnet(spec) if network == "alexnet" else load_vgg(spec)
    return Lpips(backbone, layers, vectors)
