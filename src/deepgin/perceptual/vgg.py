"""The convolutional part of VGG-16 and VGG-19, whole or cut short. Its weights come by weights.py."""

from collections.abc import Iterable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .preparation import ImageNetScale, check_names


def _names(depths: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(f"conv{b}_{i}" for b, depth in enumerate(depths, 1) for i in range(1, depth + 1))


VGG16 = _names((2, 2, 3, 3, 3))
VGG19 = _names((2, 2, 4, 4, 4))


class Vgg(nn.Module):
    """A VGG network without its classifier (Simonyan and Zisserman, 2014); it is never trained.

    3x3 convolutions with zero padding and ReLU; the size is halved by 2x2 maxima before each
    block but the first.

    Attributes:
        layers: the names of its convolutions in order, `conv1_1` and so on.

    Args:
        layers: `VGG16`, `VGG19`, or their first few.
        width: channels of the first block, 64 in the published networks; blocks two, three and
            from four on have 2, 4 and 8 times as many.
        own_input: the picture is prepared by a 1x1 convolution with weights of its own, in place
            of ImageNet's mean and deviation.
    """

    def __init__(
        self, layers: Sequence[str] = VGG19, width: int = 64, own_input: bool = False
    ) -> None:
        super().__init__()
        self.layers = tuple(layers)
        self.input = nn.Conv2d(3, 3, 1) if own_input else ImageNetScale()
        self.convolutions = nn.ModuleDict()
        channels = 3
        for name in self.layers:
            outputs = width * min(2 ** (_block(name) - 1), 8)
            self.convolutions[name] = nn.Conv2d(channels, outputs, 3, padding=1)
            channels = outputs
        self.requires_grad_(False).eval()

    def forward(self, x: Tensor, names: Iterable[str]) -> dict[str, Tensor]:
        """Return the features of the named layers, before their ReLU.

        Nothing after the last of them is computed.

        Args:
            x: N x 3 x H x W, RGB about [0, 1], not clamped.
            names: some of `layers`.

        Returns:
            Name to N x C x H/s x W/s, s = 1, 2, 4, 8, 16 in blocks 1 to 5; of the autocast type
            where that is on.

        Raises:
            UsageError: a name that this network lacks.
        """
        wanted = check_names(names, self.layers, "VGG")
        found: dict[str, Tensor] = {}
        # Grey levels about 128 keep half a level in bfloat16: prepare in the picture's own type.
        with torch.autocast(x.device.type, enabled=False):
            x = self.input(x)
        block = 1
        for name, convolution in self.convolutions.items():
            if len(found) == len(wanted):
                break
            if _block(name) != block:
                x, block = F.max_pool2d(x, 2), _block(name)
            x = convolution(x)
            if name in wanted:
                found[name] = x
                x = F.relu(x)
            else:
                x = F.relu_(x)
        return found


def _block(name: str) -> int:
    return int(name.removeprefix("conv").split("_")[0])
