"""The convolutional parts of VGG-16, VGG-19 and AlexNet, whole or their first layers."""

from collections.abc import Callable, Iterable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import UsageError

Backbone = Callable[[Tensor, Iterable[str]], dict[str, Tensor]]
"""Pictures N x 3 x H x W in [0, 1] and names of layers to features before their ReLU."""


def _names(*depths: int) -> tuple[str, ...]:
    return tuple(f"conv{b}_{i}" for b, depth in enumerate(depths, 1) for i in range(1, depth + 1))


VGG16 = _names(2, 2, 3, 3, 3)
VGG19 = _names(2, 2, 4, 4, 4)


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


class Features(nn.Module):
    """Named convolutions with a ReLU after each and maxima between blocks; it is never trained.

    Attributes:
        layers: the names of its convolutions in order.
    """

    layers: tuple[str, ...]
    _pool = 2  # side of the maxima, at stride 2
    _pool_before: tuple[str, ...]

    def __init__(self, convolutions: Sequence[nn.Conv2d], own_input: bool = False) -> None:
        super().__init__()
        self.input = nn.Conv2d(3, 3, 1) if own_input else ImageNetScale()
        self.convolutions = nn.ModuleDict(dict(zip(self.layers, convolutions, strict=True)))
        self.requires_grad_(False).eval()

    def forward(self, x: Tensor, names: Iterable[str]) -> dict[str, Tensor]:
        """Return the features of the named layers, before their ReLU.

        Nothing after the last of them is computed.

        Args:
            x: N x 3 x H x W, RGB about [0, 1], not clamped; for AlexNet sides of 31 or more.
            names: some of `layers`.

        Returns:
            Name to N x C x H/s x W/s, in VGG s = 1, 2, 4, 8, 16 in blocks 1 to 5; of the autocast
            type where that is on.

        Raises:
            UsageError: a name that this network lacks.
        """
        asked = set(names)
        if unknown := sorted(asked - set(self.layers)):
            raise UsageError(
                f"this {type(self).__name__} has no layer {', '.join(unknown)}",
                mend=f"choose from {self.layers[0]} to {self.layers[-1]}",
            )
        features: dict[str, Tensor] = {}
        # bfloat16 rounds grey levels around 128 to half a level: scale in the picture's own type.
        with torch.autocast(x.device.type, enabled=False):
            x = self.input(x)
        for name, convolution in self.convolutions.items():
            if len(features) == len(asked):
                break
            if name in self._pool_before:
                x = F.max_pool2d(x, self._pool, stride=2)
            x = convolution(x)
            if name in asked:
                features[name] = x
                x = F.relu(x)
            else:
                x = F.relu_(x)
        return features


class Vgg(Features):
    """A VGG network without its classifier (Simonyan and Zisserman, 2014).

    Args:
        layers: `VGG16`, `VGG19`, or their first few.
        width: channels of the first block, 64 in the published networks; blocks two, three and
            from four on have 2, 4 and 8 times as many.
        own_input: scale the picture by a 1x1 convolution with its own weights instead of
            ImageNet's mean and deviation.
    """

    _pool_before = ("conv2_1", "conv3_1", "conv4_1", "conv5_1")

    def __init__(
        self, layers: Sequence[str] = VGG19, width: int = 64, own_input: bool = False
    ) -> None:
        self.layers = tuple(layers)
        outputs = [width * min(2 ** (int(name[4]) - 1), 8) for name in self.layers]
        pairs = zip([3, *outputs], outputs, strict=False)
        super().__init__([nn.Conv2d(i, o, 3, padding=1) for i, o in pairs], own_input)


class AlexNet(Features):
    """AlexNet without its classifier (Krizhevsky 2014, one tower), of 64 channels where published."""

    layers = ("conv1", "conv2", "conv3", "conv4", "conv5")
    _pool = 3
    _pool_before = ("conv2", "conv3")

    def __init__(self, width: int = 64) -> None:
        w = width
        convolutions = [
            nn.Conv2d(3, w, 11, stride=4, padding=2),
            nn.Conv2d(w, 3 * w, 5, padding=2),
            nn.Conv2d(3 * w, 6 * w, 3, padding=1),
            nn.Conv2d(6 * w, 4 * w, 3, padding=1),
            nn.Conv2d(4 * w, 4 * w, 3, padding=1),
        ]
        super().__init__(convolutions)
