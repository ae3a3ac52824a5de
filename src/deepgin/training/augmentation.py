"""Augmentation of what the discriminators see, so that they cannot learn few pictures by heart.

Zhao et al., "Differentiable Augmentation for Data-Efficient GAN Training" (2020): colour and
translation. Their cutout is left out, since the pictures have holes already. Not in [P].
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import torch
import torch.nn.functional as F
from torch import Tensor

_BRIGHTNESS = 0.25  # half of what is added in [-1, 1] there
_LARGEST_SHIFT = 0.125


@dataclass(frozen=True)
class Augmentation:
    """One draw for N pictures: their true, masked and completed forms are all changed alike.

    Attributes:
        brightness: what is added, N x 1 x 1 x 1 in [-0.25, 0.25].
        saturation: of differences from the pixel's grey, N x 1 x 1 x 1 in [0, 2].
        contrast: of differences from the picture's mean, N x 1 x 1 x 1 in [0.5, 1.5].
        shifts: rows and columns, at most an eighth of the side, for each picture.
    """

    brightness: Tensor
    saturation: Tensor
    contrast: Tensor
    shifts: list[list[int]]

    @classmethod
    def draw(cls, like: Tensor, names: Sequence[str]) -> "Augmentation":
        """Return what N names stand for, for pictures `like` these (N x 3 x H x W), on their device."""
        draws = [Random(name) for name in names]

        def numbers(least: float, most: float) -> Tensor:
            drawn = [one.uniform(least, most) for one in draws]
            return torch.tensor(drawn, dtype=like.dtype, device=like.device).view(-1, 1, 1, 1)

        most = round(like.shape[-1] * _LARGEST_SHIFT)
        shifts = [[one.randint(-most, most) for _ in range(2)] for one in draws]
        return cls(numbers(-_BRIGHTNESS, _BRIGHTNESS), numbers(0, 2), numbers(0.5, 1.5), shifts)

    def __call__(self, pictures: Tensor) -> Tensor:
        """Return N x 3 x H x W changed; what is shifted in is black. It can be differentiated."""
        x = pictures + self.brightness
        grey = x.mean(1, keepdim=True)
        x = torch.lerp(grey, x, self.saturation)
        mean = x.mean((1, 2, 3), keepdim=True)
        x = torch.lerp(mean, x, self.contrast)
        shifted = [
            F.pad(one, (right, -right, down, -down))
            for one, (down, right) in zip(x, self.shifts, strict=True)
        ]
        return torch.stack(shifted).contiguous(memory_format=torch.channels_last)
