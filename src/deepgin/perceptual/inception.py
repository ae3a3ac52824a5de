"""FID's Inception-v3 of 2015, without its classifier."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SIDE = 299
FEATURES = 2048

Kernel = int | tuple[int, int]
Step = tuple[int, Kernel, int]
"""Channels, kernel and stride of a convolution; at stride 1 in a block it keeps the size."""
Paths = dict[str, Sequence[Step]]


class Norm(nn.Module):
    """Batch normalisation by fixed statistics."""

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels))
        self.bias = nn.Parameter(torch.empty(channels))
        self.register_buffer("running_mean", torch.empty(channels))
        self.register_buffer("running_var", torch.empty(channels))

    def forward(self, x: Tensor) -> Tensor:
        statistics = self.running_mean, self.running_var
        return F.batch_norm(x, *statistics, self.weight, self.bias, eps=1e-3)


class Convolution(nn.Module):
    """A convolution without bias, batch normalisation, ReLU."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: Kernel,
        stride: int = 1,
        padding: Kernel = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
        self.bn = Norm(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu_(self.bn(self.conv(x)))


class Mixed(nn.Module):
    """Paths of convolutions side by side, and one that begins with a pool; their outputs joined.

    Args:
        inputs: channels.
        paths: the steps by the name of the path. A step is named after its path and its number,
            or after the path alone if that is its only one.
        forked: paths that end in a 1 x 3 and a 3 x 1 convolution side by side.
        pooled: channels of the pool's convolution; 0 for none, where the block halves the size.
        maximum: the pool takes maxima; otherwise means, in which the padding does not count.
    """

    def __init__(
        self,
        inputs: int,
        paths: Paths,
        pooled: int,
        forked: tuple[str, ...] = (),
        maximum: bool = False,
    ) -> None:
        super().__init__()
        self._names: list[tuple[list[str], bool]] = []
        self.maximum, self.halves = maximum, pooled == 0
        self.outputs = pooled or inputs
        for path, steps in paths.items():
            channels, names = inputs, []
            for number, (width, kernel, stride) in enumerate(steps, 1):
                names.append(path if len(steps) == 1 and path not in forked else f"{path}_{number}")
                padding = _same(kernel) if stride == 1 else 0
                self.add_module(names[-1], Convolution(channels, width, kernel, stride, padding))
                channels = width
            if path in forked:
                for letter, fork in (("a", (1, 3)), ("b", (3, 1))):
                    name = f"{path}_{len(steps) + 1}{letter}"
                    self.add_module(name, Convolution(channels, channels, fork, 1, _same(fork)))
                    names.append(name)
                channels *= 2
            self._names.append((names, path in forked))
            self.outputs += channels
        if pooled:
            self.branch_pool = Convolution(inputs, pooled, 1)

    def forward(self, x: Tensor) -> Tensor:
        outputs = []
        for names, forked in self._names:
            y = x
            for name in names[:-2] if forked else names:
                y = self.get_submodule(name)(y)
            ends = names[-2:] if forked else []
            outputs += [self.get_submodule(name)(y) for name in ends] or [y]
        return torch.cat((*outputs, self._pool(x)), 1)

    def _pool(self, x: Tensor) -> Tensor:
        if self.halves:
            return F.max_pool2d(x, 3, stride=2)
        if self.maximum:
            x = F.max_pool2d(x, 3, stride=1, padding=1)
        else:
            x = F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)
        pooled: Tensor = self.branch_pool(x)
        return pooled


class Inception(nn.Module):
    """The network of 2015 that FID is defined by (Szegedy et al. 2015; Heusel et al. 2017).

    It holds NaN throughout until `load_inception` fills it, and is never trained.
    """

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = Convolution(3, 32, 3, stride=2)
        self.Conv2d_2a_3x3 = Convolution(32, 32, 3)
        self.Conv2d_2b_3x3 = Convolution(32, 64, 3, padding=1)
        self.Conv2d_3b_1x1 = Convolution(64, 80, 1)
        self.Conv2d_4a_3x3 = Convolution(80, 192, 3)
        self.Mixed_5b = _wide(192, 32)
        self.Mixed_5c = _wide(256, 64)
        self.Mixed_5d = _wide(288, 64)
        self.Mixed_6a = _to_17(288)
        self.Mixed_6b = _crossed(128)
        self.Mixed_6c = _crossed(160)
        self.Mixed_6d = _crossed(160)
        self.Mixed_6e = _crossed(192)
        self.Mixed_7a = _to_8(768)
        self.Mixed_7b = _forked(1280, maximum=False)
        # A maximum here and nowhere else: so it is in the network that FID was defined by.
        self.Mixed_7c = _forked(2048, maximum=True)
        self.requires_grad_(False).eval()
        for value in self.state_dict().values():
            value.fill_(torch.nan)

    @torch.no_grad()
    def forward(self, x: Tensor) -> Tensor:
        """Return the features of each picture, N x 2048; never in half precision.

        Pictures are brought to 299 x 299, bilinear without smoothing, as pytorch-fid does. Other
        resizes give other distances: compare FIDs of one resize only.

        Args:
            x: N x 3 x H x W, RGB in [0, 1].
        """
        with torch.autocast(x.device.type, enabled=False):
            x = F.interpolate(x, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
            x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(2 * x - 1)))
            x = F.max_pool2d(x, 3, stride=2)
            x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x))
            x = F.max_pool2d(x, 3, stride=2)
            for name, block in self.named_children():
                if name.startswith("Mixed"):
                    x = block(x)
            return x.mean((2, 3))


def _wide(inputs: int, pooled: int) -> Mixed:
    """Return a block at 35 x 35 (InceptionA in torchvision)."""
    paths: Paths = {
        "branch1x1": [(64, 1, 1)],
        "branch5x5": [(48, 1, 1), (64, 5, 1)],
        "branch3x3dbl": [(64, 1, 1), (96, 3, 1), (96, 3, 1)],
    }
    return Mixed(inputs, paths, pooled)


def _to_17(inputs: int) -> Mixed:
    """Return the block from 35 x 35 to 17 x 17 (InceptionB)."""
    paths: Paths = {
        "branch3x3": [(384, 3, 2)],
        "branch3x3dbl": [(64, 1, 1), (96, 3, 1), (96, 3, 2)],
    }
    return Mixed(inputs, paths, 0)


def _crossed(c: int) -> Mixed:
    """Return a block at 17 x 17 with kernels of 1 x 7 and 7 x 1 (InceptionC)."""
    paths: Paths = {
        "branch1x1": [(192, 1, 1)],
        "branch7x7": [(c, 1, 1), (c, (1, 7), 1), (192, (7, 1), 1)],
        "branch7x7dbl": [
            (c, 1, 1),
            (c, (7, 1), 1),
            (c, (1, 7), 1),
            (c, (7, 1), 1),
            (192, (1, 7), 1),
        ],
    }
    return Mixed(768, paths, 192)


def _to_8(inputs: int) -> Mixed:
    """Return the block from 17 x 17 to 8 x 8 (InceptionD)."""
    paths: Paths = {
        "branch3x3": [(192, 1, 1), (320, 3, 2)],
        "branch7x7x3": [(192, 1, 1), (192, (1, 7), 1), (192, (7, 1), 1), (192, 3, 2)],
    }
    return Mixed(inputs, paths, 0)


def _forked(inputs: int, maximum: bool) -> Mixed:
    """Return a block at 8 x 8 (InceptionE)."""
    paths: Paths = {
        "branch1x1": [(320, 1, 1)],
        "branch3x3": [(384, 1, 1)],
        "branch3x3dbl": [(448, 1, 1), (384, 3, 1)],
    }
    return Mixed(inputs, paths, 192, ("branch3x3", "branch3x3dbl"), maximum)


def _same(kernel: Kernel) -> Kernel:
    return kernel // 2 if isinstance(kernel, int) else (kernel[0] // 2, kernel[1] // 2)
