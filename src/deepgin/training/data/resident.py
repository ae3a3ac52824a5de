"""Batches cut on the device from pictures that were decoded once. Masks: banks.py.

The host draws how each sample is cut, as samples.py does, and says at which byte of the flat buffer
of all pixels each row and each column of a sample begins. On the device one gather, whatever the
number of pictures, then crops, turns, mirrors and picks phases at once.
"""

import io
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from ...errors import TrainingError
from ...pictures import open_image
from ..recipe import DataRecipe
from .banks import MaskBanks, to_device
from .batch import Batch, Share, check_unreadable
from .crops import check_guidance, decode, plan_cut
from .layouts import training_entries
from .order import PictureOrder
from .sources import Entry
from .weights import picture_weights

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float32]
_Axes = tuple[_Floats, _Floats]
_Progress = Callable[[int, int], None]
_Lines = tuple[_Ints, _Ints]
"""Of N samples in a flat buffer: pixel (r, c) of sample n begins at byte [0][n, r] + [1][n, c]."""

_LOBES = 3  # of the Lanczos filter, on either side
_AT_ONCE = 1 << 26  # bytes of windows resized at a time; the work space is some twenty times that


@dataclass
class Store:
    """Decoded pictures, H x W x 3 one after another in a flat buffer (uint8) on the device.

    `starts`: each one's first byte, and the end; `sizes`: width and height, 0 if it is unusable.
    """

    pixels: Tensor
    starts: _Ints
    sizes: _Ints


@dataclass
class Plan:
    """All that the host draws for a batch of the step that begins at picture `first`.

    `pictures` lie in their store or, with a `window` to be resized, in the squares made of it.
    `choices` are those of `MaskBanks.choose`.
    """

    first: int
    pictures: _Lines
    window: tuple[_Lines, _Axes] | None
    guidance: _Lines | None
    choices: _Ints


class ResidentSamples:
    """The batches of local pictures by number, as `Samples` has them, with the pixels on a GPU.

    Orders and cuts are those of `Samples`, and so is every pixel of samples that are not resized;
    others differ by rounding, and at hard edges of tall pictures, whose columns some versions of
    Pillow resize first. Masks are drawn anew, but for rectangles. `progress`: decoded, of how many.

    Raises:
        TrainingError: more than 1 % of the pictures cannot be used, or the device is too small.
    """

    def __init__(
        self,
        recipe: DataRecipe,
        seed: int,
        device: torch.device = torch.device("cpu"),  # noqa: B008, it is frozen
        share: Share = Share(),  # noqa: B008
        guidance: bool = False,
        progress: _Progress | None = None,
    ) -> None:
        self.recipe, self.seed, self.device, self.share = recipe, seed, device, share
        self.entries = training_entries(recipe, guidance)
        weights = picture_weights(self.entries, recipe)
        self.order = PictureOrder(weights, seed)
        self.pictures = max(1, round(sum(weights)))
        self.step = recipe.pictures_per_step * share.ranks
        self.unreadable: dict[str, str] = {}
        self.stores = self._decode_all(weights, 1 + guidance, progress or (lambda *_: None))
        self.banks = MaskBanks(recipe, seed, device, share)

    def _decode_all(self, weights: list[float], kinds: int, progress: _Progress) -> list[Store]:
        """Fill a store with the pictures, and another with their guidance if `kinds` is 2."""
        used = [i for i, weight in enumerate(weights) if weight > 0]
        pool = ThreadPoolExecutor()
        try:
            areas = np.zeros((len(weights), kinds), np.int64)
            areas[used] = list(pool.map(lambda i: self._areas(kinds, i), used))
            stores = _empty_stores(areas, self.device)
            reasons = pool.map(lambda i: self._load(stores, i), used)
            for done, (i, why) in enumerate(zip(used, reasons, strict=True), 1):
                if why:
                    self.unreadable[self.entries[i].label] = why
                    check_unreadable(self.unreadable, len(self.entries), self.recipe)
                progress(done, len(used))
        finally:
            pool.shutdown(cancel_futures=True)
        if not stores[0].sizes.any():
            raise TrainingError(f"{self.recipe.train}: none of the pictures can be used")
        return stores

    def _areas(self, kinds: int, i: int) -> list[int]:
        """Return the pixels of a picture and of its guidance from their heads; 0 if unreadable."""
        if self.recipe.framing == "squash":
            return [self.recipe.squash_size**2] * kinds
        areas = [0] * kinds
        for kind, each in enumerate([self.entries[i], self.entries[i].guidance][:kinds]):
            with suppress(Exception), open_image(io.BytesIO(each.read() if each else b"")) as head:
                areas[kind] = head.width * head.height
        return areas

    def _load(self, stores: list[Store], i: int) -> str:
        """Decode a picture into the stores; return why it cannot be used."""
        try:
            decoded = _decode(self.entries[i], self.recipe, len(stores))
        except (OSError, ValueError) as error:
            return str(error)
        if [pixels.size for pixels in decoded] != [np.diff(store.starts)[i] for store in stores]:
            return "its size is not what its head says"
        for store, pixels in zip(stores, decoded, strict=True):
            store.pixels[store.starts[i] : store.starts[i + 1]] = torch.from_numpy(pixels.ravel())
            store.sizes[i] = pixels.shape[1::-1]
        return ""

    def plan(self, first: int) -> Plan:
        """Draw this rank's part of the step that begins at picture `first`; on the host alone."""
        begin = first + self.share.rank * self.recipe.pictures_per_step
        numbers = range(begin, begin + self.recipe.pictures_per_step)
        chosen = np.array([self._usable(number) for number in numbers])
        sizes, size, window = self.stores[0].sizes[chosen], self.recipe.size, None
        cuts = np.empty((len(numbers), 7), np.int64)
        for row, number, (width, height) in zip(cuts, numbers, sizes.tolist(), strict=True):
            draws = random.Random(f"crop/{self.seed}/{number}")
            cut = plan_cut(width, height, self.recipe, draws)
            row[:] = cut.width, cut.height, cut.left, cut.top, cut.step, cut.turns, cut.mirrored
        lines = [_lines(s.starts[chosen], s.sizes[chosen], cuts, size) for s in self.stores]
        if (cuts[:, :2] != sizes).any():
            window = _window(self.stores[0].starts[chosen], sizes, cuts, size)
            whole = np.concatenate([np.full_like(sizes, size), 0 * sizes, cuts[:, 4:]], 1)
            lines[0] = _lines(3 * size * size * np.arange(len(cuts)), whole[:, :2], whole, size)
        choices = self.banks.choose(numbers)
        return Plan(first, lines[0], window, lines[1] if len(lines) > 1 else None, choices)

    def _usable(self, number: int) -> int:
        """Return the entry of picture `number`, or the next of the order that can be used."""
        while not self.stores[0].sizes[self.order[number], 0]:
            number += 1
        return self.order[number]

    @torch.no_grad()
    def make(self, plan: Plan, banks: MaskBanks) -> Batch:
        """Make a planned batch on the device, on CUDA without waiting for it."""
        pixels, guidance = self.stores[0].pixels, None
        if plan.window:
            pixels = resized(pixels, *plan.window, self.recipe.size)
        pictures = gathered(pixels, plan.pictures).permute(0, 3, 1, 2)
        if plan.guidance:
            guidance = gathered(self.stores[1].pixels, plan.guidance).permute(0, 3, 1, 2)
        masks, after = banks.masks(plan.choices), {"pictures": plan.first + self.step}
        return Batch(pictures, masks, guidance, after, {})

    def batch(self, first: int) -> Batch:
        """Return this rank's part of the step that begins at picture `first`."""
        return self.make(self.plan(first), self.banks)

    def batches(self, position: dict[str, int]) -> Iterator[Batch]:
        """Yield batches for ever from a position on; see `SampleMaker`."""
        first = position.get("pictures", 0)
        banks = MaskBanks(self.recipe, self.seed, self.device, self.share, self.banks.count)
        with banks.drawing(first), ThreadPoolExecutor(1, thread_name_prefix="plans") as pool:
            coming = pool.submit(self.plan, first)
            while True:
                plan, first = coming.result(), first + self.step
                coming = pool.submit(self.plan, first)
                yield self.make(plan, banks)


def gathered(pixels: Tensor, lines: _Lines) -> Tensor:
    """Take samples out of a flat buffer: uint8, N x rows x columns x 3."""
    rows, columns = (to_device(each, pixels.device)[:, :, None] for each in lines)
    across = (columns + torch.arange(3, device=pixels.device)).flatten(1)
    taken: Tensor = pixels[rows + across[:, None, :]]
    return taken.view(*taken.shape[:2], -1, 3)


def resized(pixels: Tensor, window: _Lines, axes: _Axes, size: int) -> Tensor:
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


def _lines(starts: _Ints, sizes: _Ints, cuts: _Ints, size: int) -> _Lines:
    """Return where cut samples lie, taking the nearest pixel where a cut resizes."""
    wide, tall, left, top, step, turns, mirrored = cuts[:, :, None].transpose(1, 0, 2)
    widths, heights = sizes[:, :1], sizes[:, 1:]
    down = starts[:, None] + 3 * widths * _nearest(heights / tall, top, step, size)
    across = 3 * _nearest(widths / wide, left, step, size)
    odd = turns % 2 == 1
    down, across = np.where(odd, across, down), np.where(odd, down, across)
    down = np.where((turns == 1) | (turns == 2), down[:, ::-1], down)
    return down, np.where((turns >= 2) ^ (mirrored > 0), across[:, ::-1], across)


def _nearest(ratio: NDArray[np.float64], first: _Ints, step: _Ints, size: int) -> _Ints:
    """Return the pixels that Pillow takes, which between two equally near ones is its rounding."""
    low, high = ((end * ratio).astype(np.float32) for end in (first, first + step * size))
    pitch = ((high - low) / float(size)).astype(np.float64)
    centres = np.concatenate([low + pitch / step / 2, np.repeat(pitch, size - 1, 1)], 1).cumsum(1)
    return centres.astype(np.int64)


def _window(starts: _Ints, sizes: _Ints, cuts: _Ints, size: int) -> tuple[_Lines, _Axes]:
    """Return what the Lanczos filter sees of each picture, and where the cut is in it."""
    columns, across = _axis(sizes[:, 0], cuts[:, 0], cuts[:, 2], size)
    rows, down = _axis(sizes[:, 1], cuts[:, 1], cuts[:, 3], size)
    return (starts[:, None] + 3 * sizes[:, :1] * rows, 3 * columns), (down, across)


def _axis(source: _Ints, target: _Ints, first: _Ints, size: int) -> tuple[_Ints, _Floats]:
    """Return the pixels of the windows along one axis, N x length, and what `lanczos` takes."""
    ratio = source / target
    centre, reach = (first + 0.5) * ratio, _LOBES * np.maximum(ratio, 1)
    begin = np.maximum(0, np.floor(centre - reach)).astype(np.int64)
    length = int(((size - 1) * ratio + 2 * reach).max() + 18) // 16 * 16  # so that few occur
    pixels = np.minimum(begin[:, None] + np.arange(length), source[:, None] - 1)
    return pixels, np.stack([centre - begin, ratio, source - begin], 1).astype(np.float32)


def _decode(entry: Entry, recipe: DataRecipe, kinds: int) -> list[NDArray[np.uint8]]:
    """Decode a picture, and its guidance if `kinds` is 2, as they are kept: H x W x 3."""
    pictures = [decode(entry.read())]
    plan_cut(*pictures[0].size, recipe, random.Random(0))  # refuses those that are too small
    if kinds == 2 and entry.guidance is not None:
        pictures.append(decode(entry.guidance.read()))
        check_guidance(pictures[1], pictures[0])
    if recipe.framing == "squash":
        square = (recipe.squash_size, recipe.squash_size)
        filters = (Image.Resampling.BICUBIC, Image.Resampling.NEAREST)
        pictures = [each.resize(square, how) for each, how in zip(pictures, filters, strict=False)]
    return [np.array(each) for each in pictures]


def _empty_stores(areas: _Ints, device: torch.device) -> list[Store]:
    """Return stores with room for pictures of so many pixels, one for each column of `areas`."""
    needed = 3 * int(areas.sum())
    free = torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else needed
    if needed > free:
        raise TrainingError(
            f"data.resident: the pictures take {needed >> 20} MiB, and {device} has {free >> 20} "
            "MiB free: set it to false"
        )
    starts = np.concatenate([np.zeros((1, areas.shape[1]), np.int64), (3 * areas).cumsum(0)])
    empty = (torch.empty(int(each[-1]), dtype=torch.uint8, device=device) for each in starts.T)
    sizes = np.zeros((areas.shape[1], len(areas), 2), np.int64)
    return [Store(*each) for each in zip(empty, starts.T, sizes, strict=True)]
