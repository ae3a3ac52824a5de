"""The convolutional part of VGG-16 and VGG-19, whole or its first layers."""

from collections.abc import Iterable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import UsageError


def _names(depths: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(f"conv{b}_{i}" for b, depth in enumerate(depths, 1) for i in range(1, depth + 1))


VGG16 = _names((2, 2, 3, 3, 3))
VGG19 = _names((2, 2, 4, 4, 4))


class ImageNetScale(nn.Module):
    """(x - mean) / deviation of ImageNet's colours, as in the training of torchvision's networks."""

    mean: Tensor
    deviation: Tensor

    def __init__(self) -> None:
        super().__init__()
        for name, values in (("mean", (0.485, 0.456, 0.406)), ("deviation", (0.229, 0.224, 0.225))):
            self.register_buffer(name, torch.tensor(values).view(3, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean) / self.deviation


def check_names(names: Iterable[str], layers: tuple[str, ...], network: str) -> set[str]:
    """Return `names` as a set.

    Raises:
        UsageError: a name that is not in `layers`.
    """
    asked = set(names)
    unknown = sorted(asked - set(layers))
    if unknown:
        raise UsageError(
            f"this {network} has no layer {', '.join(unknown)}",
            mend=f"choose from {layers[0]} to {layers[-1]}",
        )
    return asked


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
        own_input: scale the picture by a 1x1 convolution with its own weights instead of
            ImageNet's mean and deviation.
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
        asked = check_names(names, self.layers, "VGG")
        features: dict[str, Tensor] = {}
        # bfloat16 rounds grey levels around 128 to half a level: scale in the picture's own type.
        with torch.autocast(x.device.type, enabled=False):
            x = self.input(x)
        block = 1
        for name, convolution in self.convolutions.items():
            if len(features) == len(asked):
                break
            if _block(name) != block:
                x, block = F.max_pool2d(x, 2), _block(name)
            x = convolution(x)
            if name in asked:
                features[name] = x
                x = F.relu(x)
            else:
                x = F.relu_(x)
        return features


def _block(name: str) -> int:
    return int(name.removeprefix("conv").split("_")[0])
