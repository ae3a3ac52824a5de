"""The convolutional part of AlexNet, for LPIPS. Its weights come by weights.py."""

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .preparation import ImageNetScale, check_names

_MAX_POOL_BEFORE = ("conv2", "conv3")


class AlexNet(nn.Module):
    """AlexNet without its classifier (Krizhevsky 2014, one tower); it is never trained.

    Attributes:
        layers: `conv1` to `conv5`.

    Args:
        width: channels of the first layer, 64 in the published network.
    """

    layers = ("conv1", "conv2", "conv3", "conv4", "conv5")

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.input = ImageNetScale()
        w = width
        self.convolutions = nn.ModuleDict(
            {
                "conv1": nn.Conv2d(3, w, 11, stride=4, padding=2),
                "conv2": nn.Conv2d(w, 3 * w, 5, padding=2),
                "conv3": nn.Conv2d(3 * w, 6 * w, 3, padding=1),
                "conv4": nn.Conv2d(6 * w, 4 * w, 3, padding=1),
                "conv5": nn.Conv2d(4 * w, 4 * w, 3, padding=1),
            }
        )
        self.requires_grad_(False).eval()

    def forward(self, x: Tensor, names: Iterable[str]) -> dict[str, Tensor]:
        """Return the features of the named layers, before their ReLU.

        Args:
            x: N x 3 x H x W, RGB about [0, 1], sides of at least 31 pixels.
            names: some of `layers`.

        Raises:
            UsageError: a name that this network lacks.
        """
        wanted = check_names(names, self.layers, "AlexNet")
        found: dict[str, Tensor] = {}
        with torch.autocast(x.device.type, enabled=False):
            x = self.input(x)
        for name, convolution in self.convolutions.items():
            if len(found) == len(wanted):
                break
            if name in _MAX_POOL_BEFORE:
                x = F.max_pool2d(x, 3, stride=2)
            x = convolution(x)
            if name in wanted:
                found[name] = x
            x = F.relu(x)
        return found
