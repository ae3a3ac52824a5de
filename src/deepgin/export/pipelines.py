"""What an exported file does: bytes in, bytes out, valid pixels untouched."""

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..network import SIZE_MULTIPLE, Generator

_HALF = 128


class Contract(nn.Module):
    """Names of inputs and outputs, and which of their axes are free."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    axes: ClassVar[dict[int, str]]

    def __init__(self, network: Generator) -> None:
        super().__init__()
        self.network = network

    @staticmethod
    def example() -> tuple[Tensor, Tensor]:
        """Return inputs to trace with; no two of their sizes are equal."""
        raise NotImplementedError


class Pipeline(Contract):
    """Our own contract: any size, mirrored at the right and lower edge to the network's multiple.

    Inputs: `picture` uint8, N x H x W x 3, RGB; `mask` uint8, N x H x W, missing from 128 on.
    Outputs: `completed` uint8, N x H x W x 3, equal to `picture` outside the mask; `coarse`
    likewise, the first stage's picture.
    """

    inputs = ("picture", "mask")
    outputs = ("completed", "coarse")
    axes: ClassVar = {0: "batch", 1: "height", 2: "width"}

    @staticmethod
    def example() -> tuple[Tensor, Tensor]:
        picture = torch.zeros(2, 37, 53, 3, dtype=torch.uint8)
        return picture, picture[..., 0].clone()

    def forward(self, picture: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        height, width = picture.shape[1:3]
        hole = mask >= _HALF
        rows, columns = _mirrored(height), _mirrored(width)
        image = _floats(picture.permute(0, 3, 1, 2).index_select(2, rows).index_select(3, columns))
        missing = hole.unsqueeze(1).index_select(2, rows).index_select(3, columns).float()
        filled = self.network(image, missing)
        rows, columns = torch.arange(height), torch.arange(width)
        completed, coarse = (
            _bytes(part.index_select(2, rows).index_select(3, columns)).permute(0, 2, 3, 1)
            for part in (filled.completed, filled.coarse)
        )
        hidden = hole.unsqueeze(3)
        return torch.where(hidden, completed, picture), torch.where(hidden, coarse, picture)


class MiGanPipeline(Contract):
    """The contract of MI-GAN's ONNX file, so that what was made for that takes ours.

    Inputs: `image` uint8, N x 3 x H x W, RGB; `mask` uint8, N x 1 x H x W, 255 = valid, missing
    below 128. Output: `result` uint8, N x 3 x H x W, equal to `image` outside the hole.

    Like MI-GAN's it looks only at a square around the hole, so that time and memory have a bound.
    The square is twice as long as the hole, no longer than the picture, at least 512 pixels, and
    reduced to 512 x 512.
    """

    inputs = ("image", "mask")
    outputs = ("result",)
    axes: ClassVar = {0: "batch", 2: "height", 3: "width"}
    view = 512

    @staticmethod
    def example() -> tuple[Tensor, Tensor]:
        image = torch.zeros(2, 3, 37, 53, dtype=torch.uint8)
        return image, torch.full_like(image[:, :1], 255)

    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        hole = mask < _HALF
        height, width = image.shape[2:]
        top, left, side = _square(hole.squeeze(1), self.view)
        scale = side / self.view
        seen = torch.cat((_floats(image), hole.float()), 1)
        rows = _shares(top, scale, self.view, height)
        columns = _shares(left, scale, self.view, width)
        reduced = rows.unsqueeze(1) @ seen @ columns.unsqueeze(1).transpose(2, 3)
        # A cell that has any of the hole in it is missing, so that nothing of that is seen.
        filled = self.network(reduced[:, :3], (reduced[:, 3:] > 0).float()).completed
        down = (torch.arange(height) + 0.5 - top) / scale
        across = (torch.arange(width) + 0.5 - left) / scale
        return torch.where(hole, _bytes(_sample(filled, down, across, self.view)), image)


def _floats(picture: Tensor) -> Tensor:
    return picture.float() / 255


def _bytes(picture: Tensor) -> Tensor:
    return (picture.clamp(0, 1) * 255 + 0.5).to(torch.uint8)


def _mirrored(side: int) -> Tensor:
    """Return the indices 0 to `side` - 1 and on to the next multiple, mirrored at the edge."""
    indices = torch.arange((side + SIZE_MULTIPLE - 1) // SIZE_MULTIPLE * SIZE_MULTIPLE)
    last = torch.arange(side)[-1:]  # a tensor, since ONNX has no remainder by a symbol
    indices = indices % (2 * last + 2)
    return torch.minimum(indices, 2 * last + 1 - indices)


def _square(hole: Tensor, least: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return top, left and side, N x 1 each, of the square around N x H x W holes."""
    rows, columns = hole.any(2), hole.any(1)
    (top, bottom), (left, right) = _ends(rows), _ends(columns)
    height, width = _length(rows), _length(columns)
    twice = 2 * torch.maximum(bottom - top, right - left)
    side = torch.clamp(torch.minimum(twice, torch.maximum(height, width)), min=least)
    starts = []
    for first, last, length in ((top, bottom, height), (left, right, width)):
        start = ((first + last - side) / 2).floor()
        starts.append(torch.minimum(torch.relu(start), torch.relu(length - side)))
    return starts[0], starts[1], side


def _length(marks: Tensor) -> Tensor:
    """Return the length of N x L as a tensor, float."""
    return torch.arange(marks.shape[1])[-1] + 1.0


def _ends(marks: Tensor) -> tuple[Tensor, Tensor]:
    """Return the first marked index and the one after the last, float, N x 1 each; 0 without."""
    indices = torch.arange(marks.shape[1])
    last = torch.where(marks, indices + 1, 0).amax(1, keepdim=True).float()
    first = torch.where(marks, indices, indices[-1:] + 1).amin(1, keepdim=True).float()
    return torch.minimum(first, last), last


def _shares(start: Tensor, scale: Tensor, count: int, length: int) -> Tensor:
    """Return the share of each pixel in each cell's mean, N x `count` x `length`.

    Cells lie side by side from `start` on, each `scale` pixels long (N x 1), and are mirrored
    where they would lie beyond the `length` pixels that there are.
    """
    pixels = torch.arange(length)
    end = pixels[-1:] + 1.0
    middle = (start + (torch.arange(count) + 0.5) * scale) % (2 * end)
    middle = torch.minimum(middle, 2 * end - middle).unsqueeze(2)
    half = scale.unsqueeze(2) / 2
    shares = torch.relu(
        torch.minimum(middle + half, pixels + 1.0) - torch.maximum(middle - half, pixels + 0.0)
    )
    return shares / shares.sum(2, keepdim=True)


def _sample(picture: Tensor, rows: Tensor, columns: Tensor, side: int) -> Tensor:
    """Sample N x C x `side` x `side` at rows and columns, N x R and N x S, 0 the first's edge."""
    columns, rows = torch.broadcast_tensors(
        (columns * (2 / side) - 1).unsqueeze(1), (rows * (2 / side) - 1).unsqueeze(2)
    )
    grid = torch.stack((columns, rows), -1)
    return F.grid_sample(picture, grid, padding_mode="border", align_corners=False)
