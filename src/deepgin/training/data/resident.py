"""Batches cut on the device from pictures that were decoded once.

The host draws how each sample is cut, as samples.py does, and computes at which byte of the flat
buffer of all pixels each row and each column of a sample begins. On the device one gather, whatever
the number of pictures, then crops, turns, mirrors and picks phases at once.
"""

import io
import random
from collections.abc import Iterator
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
from .batch import Batch
from .crops import check_guidance, decode, decode_singly, plan_cut
from .gather import Axes, Cuts, Lines, gathered, lines_of, resized, window_of
from .masks import MaskBanks
from .samples import Samples
from .sources import Entry

_Ints = NDArray[np.int64]

_SHARE = 0.6
"""Of a GPU's free memory, at most this for pictures: the network needs the rest."""


class TooLarge(TrainingError):
    """The pictures do not fit into the device's memory."""


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
    """All that the host draws for a batch: the pictures of these `numbers` of the run.

    `pictures` lie in their store or, with a `window` to be resized, in the squares made of it.
    `boxes` are those of `MaskBanks.boxes`; `after` is the first picture of the next step.
    """

    numbers: range
    pictures: Lines
    window: tuple[Lines, Axes] | None
    guidance: Lines | None
    boxes: _Ints
    after: int


class ResidentSamples(Samples):
    """The batches of `Samples` with the pixels on a GPU.

    Orders and cuts are those of `Samples`, and so is every pixel of samples that are not resized;
    others differ by rounding, and at hard edges of tall pictures, whose columns some versions of
    Pillow resize first. Masks are drawn anew, but for rectangles.

    Raises:
        TooLarge: the device is too small for them.
        TrainingError: more than 1 % of the pictures cannot be used.
    """

    def open(self) -> None:
        super().open()
        self.stores = self._decode_all(1 + self.guidance)
        self.banks = MaskBanks(self.recipe, self.seed, self.device, self.share)

    def _decode_all(self, kinds: int) -> list[Store]:
        """Fill a store with the pictures, and another with their guidance if `kinds` is 2."""
        decode_singly()
        used = [i for i, weight in enumerate(self.weights) if weight > 0]
        pool = ThreadPoolExecutor()
        try:
            areas = np.zeros((len(self.weights), kinds), np.int64)
            areas[used] = list(pool.map(lambda i: self._areas(kinds, i), used))
            stores = _empty_stores(areas, self.device)
            reasons = pool.map(lambda i: self._load(stores, i), used)
            for i, why in zip(used, reasons, strict=True):
                if why:
                    self.unreadable[self.entries[i].label] = why
                    self.check_unreadable(self.unreadable)
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
        numbers = self.numbers(first)
        chosen = np.array([self._usable(number) for number in numbers])
        sizes, size, window = self.stores[0].sizes[chosen], self.recipe.size, None
        cuts = Cuts.of(
            [
                plan_cut(width, height, self.recipe, self.draws(number))
                for (width, height), number in zip(sizes.tolist(), numbers, strict=True)
            ]
        )
        lines = [lines_of(s.starts[chosen], s.sizes[chosen], cuts, size) for s in self.stores]
        if (np.hstack([cuts.width, cuts.height]) != sizes).any():
            window = window_of(self.stores[0].starts[chosen], sizes, cuts, size)
            starts = 3 * size * size * np.arange(len(numbers))
            lines[0] = lines_of(starts, np.full_like(sizes, size), cuts.of_squares(size), size)
        return Plan(
            numbers,
            pictures=lines[0],
            window=window,
            guidance=lines[1] if len(lines) > 1 else None,
            boxes=self.banks.boxes(numbers),
            after=first + self.step,
        )

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
        masks = banks.masks(plan.numbers, plan.boxes)
        return Batch(pictures, masks, guidance, {"pictures": plan.after}, {})

    def batch(self, first: int) -> Batch:
        return self.make(self.plan(first), self.banks)

    def batches(self, position: dict[str, int]) -> Iterator[Batch]:
        first = position.get("pictures", 0)
        banks = MaskBanks(self.recipe, self.seed, self.device, self.share, self.banks.count)
        with banks.drawing(first), ThreadPoolExecutor(1, thread_name_prefix="plans") as pool:
            coming = pool.submit(self.plan, first)
            while True:
                plan, first = coming.result(), first + self.step
                coming = pool.submit(self.plan, first)
                yield self.make(plan, banks)


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
    free = torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else None
    if free is not None and needed > _SHARE * free:
        raise TooLarge(
            f"data.resident: the pictures take {needed >> 20} MiB, and {device} has {free >> 20} "
            f"MiB free, of which the network needs {1 - _SHARE:.0%}",
            field="data.resident",
        )
    starts = np.concatenate([np.zeros((1, areas.shape[1]), np.int64), (3 * areas).cumsum(0)])
    return [
        Store(
            torch.empty(int(ends[-1]), dtype=torch.uint8, device=device),
            ends,
            np.zeros((len(areas), 2), np.int64),
        )
        for ends in starts.T
    ]
