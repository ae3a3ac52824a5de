"""Cutting samples out of one flat buffer of pixels: where rows and columns lie, and resizing."""

from dataclasses import astuple, dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .crops import Cut
from .masks import to_device

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float32]
Axes = tuple[_Floats, _Floats]
"""What `lanczos` takes for rows and for columns."""
Lines = tuple[_Ints, _Ints]
"""Of N samples in a flat buffer: pixel (r, c) of sample n begins at byte [0][n, r] + [1][n, c]."""

_LOBES = 3  # of the Lanczos filter, on either side
_AT_ONCE = 1 << 26  # bytes of windows resized at a time; the work space is some twenty times that


@dataclass(frozen=True)
class Cuts:
    """The cuts of N samples: the fields of `Cut`, each an int64 column N x 1."""

    width: _Ints
    height: _Ints
    left: _Ints
    top: _Ints
    step: _Ints
    turns: _Ints
    mirrored: _Ints

    @classmethod
    def of(cls, cuts: list[Cut]) -> "Cuts":
        return cls(*np.array([astuple(cut) for cut in cuts], np.int64).T[:, :, None])

    def of_squares(self, size: int) -> "Cuts":
        """Return the cuts that are left to do once the windows are resized to squares."""
        side, origin = np.full_like(self.width, size), np.zeros_like(self.left)
        return replace(self, width=side, height=side, left=origin, top=origin)


def gathered(pixels: Tensor, lines: Lines) -> Tensor:
    """Take samples out of a flat buffer: uint8, N x rows x columns x 3."""
    rows, columns = (to_device(each, pixels.device)[:, :, None] for each in lines)
    across = (columns + torch.arange(3, device=pixels.device)).flatten(1)
    taken: Tensor = pixels[rows + across[:, None, :]]
    return taken.view(*taken.shape[:2], -1, 3)


def resized(pixels: Tensor, window: Lines, axes: Axes, size: int) -> Tensor:
    """Resize windows to N squares, uint8, flat, as Pillow does: rows to whole levels, columns."""
    tall, wide = (lines.shape[1] for lines in window)
    at_once, squares = max(1, _AT_ONCE // (3 * tall * wide)), []
    # Under autocast, bf16 would leave six of a pixel's eight bits right.
    with torch.autocast(pixels.device.type, enabled=False):
        for begin in range(0, len(window[0]), at_once):
            some = slice(begin, begin + at_once)
            taken = gathered(pixels, (window[0][some], window[1][some])).transpose(2, 3).float()
            down, across = (to_device(axis[some], pixels.device) for axis in axes)
            narrow = taken.flatten(1, 2) @ lanczos(across, wide, size).transpose(1, 2)
            narrow.add_(0.5).floor_().clamp_(0, 255)  # N x (tall * 3) x size
            square = lanczos(down, tall, size) @ narrow.view(-1, tall, 3 * size)
            square = square.add_(0.5).clamp_(0, 255).to(torch.uint8)
            squares.append(square.view(-1, size, 3, size).transpose(2, 3))
    return torch.cat(squares).reshape(-1)


def lanczos(axis: Tensor, length: int, size: int) -> Tensor:
    """Return the weights of Pillow's Lanczos filter along one axis: N x size x length.

    `axis`, N x 3, has the result's first centre in the window, source pixels to one of the result,
    and pixels from the window's first to the picture's last; `length` is the window's.
    """
    first, ratio, room = (each[:, None, None] for each in axis.unbind(1))
    result, source = (torch.arange(n, device=axis.device).float() for n in (size, length))
    centre = first + result[None, :, None] * ratio
    away = (source + 0.5 - centre) / ratio.clamp(min=1)
    weights = torch.sinc(away) * torch.sinc(away / _LOBES)
    weights = weights.masked_fill((away.abs() >= _LOBES) | (source >= room), 0)
    return weights / weights.sum(2, keepdim=True)


def lines_of(starts: _Ints, sizes: _Ints, cuts: Cuts, size: int) -> Lines:
    """Return where cut samples lie, taking the nearest pixel where a cut resizes."""
    widths, heights = sizes[:, :1], sizes[:, 1:]
    rows = _nearest(heights / cuts.height, cuts.top, cuts.step, size)
    columns = _nearest(widths / cuts.width, cuts.left, cuts.step, size)
    down, across = starts[:, None] + 3 * widths * rows, 3 * columns
    # A quarter turn swaps rows and columns and reverses the rows; a half turn reverses both.
    odd, turns = cuts.turns % 2 == 1, cuts.turns
    down, across = np.where(odd, across, down), np.where(odd, down, across)
    down = np.where((turns == 1) | (turns == 2), down[:, ::-1], down)
    return down, np.where((turns >= 2) ^ (cuts.mirrored > 0), across[:, ::-1], across)


def _nearest(ratio: NDArray[np.float64], first: _Ints, step: _Ints, size: int) -> _Ints:
    """Return the pixels that Pillow takes, which between two equally near ones is its rounding."""
    low, high = ((end * ratio).astype(np.float32) for end in (first, first + step * size))
    pitch = ((high - low) / float(size)).astype(np.float64)
    centres = np.concatenate([low + pitch / step / 2, np.repeat(pitch, size - 1, 1)], 1).cumsum(1)
    return centres.astype(np.int64)


def window_of(starts: _Ints, sizes: _Ints, cuts: Cuts, size: int) -> tuple[Lines, Axes]:
    """Return what the Lanczos filter sees of each picture, and where the cut is in it."""
    columns, across = _axis(sizes[:, 0], cuts.width[:, 0], cuts.left[:, 0], size)
    rows, down = _axis(sizes[:, 1], cuts.height[:, 0], cuts.top[:, 0], size)
    return (starts[:, None] + 3 * sizes[:, :1] * rows, 3 * columns), (down, across)


def _axis(source: _Ints, target: _Ints, first: _Ints, size: int) -> tuple[_Ints, _Floats]:
    """Return the pixels of the windows along one axis, N x length, and what `lanczos` takes."""
    ratio = source / target
    centre, reach = (first + 0.5) * ratio, _LOBES * np.maximum(ratio, 1)
    begin = np.maximum(0, np.floor(centre - reach)).astype(np.int64)
    length = int(((size - 1) * ratio + 2 * reach).max() + 18) // 16 * 16  # so that few occur
    pixels = np.minimum(begin[:, None] + np.arange(length), source[:, None] - 1)
    return pixels, np.stack([centre - begin, ratio, source - begin], 1).astype(np.float32)
