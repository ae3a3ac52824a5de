"""The two discriminators with spectral normalisation."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .blocks import LEAK


class SpectralConv(nn.Conv2d):
    """A convolution whose weight is divided by its largest singular value.

    One power iteration a forward pass in training ([C] also in evaluation); u and v are
    constants, sigma is differentiated. All of it in float32 at least, also under autocast.
    """

    u: Tensor
    v: Tensor

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__(inputs, outputs, 4, stride=stride, padding=2)
        rows, columns = self.weight.flatten(1).shape
        self.register_buffer("u", F.normalize(torch.randn(rows), dim=0))
        self.register_buffer("v", F.normalize(torch.randn(columns), dim=0))

    def normalised_weight(self) -> Tensor:
        with torch.autocast(self.weight.device.type, enabled=False):
            matrix = self.weight.flatten(1)
            if self.training:
                with torch.no_grad():
                    self.v.copy_(F.normalize(matrix.T @ self.u, dim=0))
                    self.u.copy_(F.normalize(matrix @ self.v, dim=0))
            # Copies, since a second forward before the backward changes the buffers in place.
            sigma = torch.dot(self.u.clone(), matrix @ self.v.clone())
            return self.weight / sigma

    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(x, self.normalised_weight(), self.bias)


class PatchDiscriminator(nn.Module):
    """Four 4x4 convolutions with zero padding 2; LeakyReLU(0.2) after all but the last."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        channels, strides = (6, width, 2 * width, 4 * width, 4 * width), (2, 2, 1, 1)
        self.layers = nn.ModuleList(map(SpectralConv, channels, channels[1:], strides))

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the maps; the last is the score (N x 4 width x (H/4 + 3) x (W/4 + 3))."""
        maps = []
        for layer in self.layers:
            x = layer(x)
            if layer is not self.layers[-1]:
                x = F.leaky_relu(x, LEAK)
            maps.append(x)
        return maps


class Discriminators(nn.Module):
    """The full-size and the half-size discriminator ([P] section 3.4); width 64 in [P]."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.width = width
        self.full_size = PatchDiscriminator(width)
        self.half_size = PatchDiscriminator(width)

    def forward(self, masked: Tensor, picture: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Return the four maps of the full-size network and of the half-size one.

        Args:
            masked: N x 3 x H x W, holes white.
            picture: likewise, completed or real, not clamped.
        """
        both = torch.cat((masked, picture), 1)
        half = F.avg_pool2d(both, 3, stride=2, padding=1, count_include_pad=False)
        return self.full_size(both), self.half_size(half)
