"""The masks of training samples: drawn one by one, or in banks that are kept on the device."""

import os
import random
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...errors import TrainingError
from ...masks import KINDS, draw
from ...masks.draws import Draws
from ..recipe import DataRecipe
from .batch import Share

_Ints = NDArray[np.int64]

FULL = 256
"""The side in pixels for which the paper's masks are made."""

COUNT = 1024
"""Masks of each kind in a bank."""

REUSE = 4
"""Times that a mask is used, as there are four ways to mirror it."""

DRAWN = KINDS[1:]
"""The kinds that banks hold; rectangles need none."""

_TASK = 64  # masks drawn at a time, so that several processes share the work of a bank


def training_masks(recipe: DataRecipe, seed: int, number: int | str) -> np.ndarray:
    """Draw the masks of the `number`-th picture, one of each kind: bool, K x size x size."""
    return np.stack([training_mask(kind, recipe, f"train/{seed}/{number}") for kind in KINDS])


def training_mask(kind: str, recipe: DataRecipe, seed: str) -> np.ndarray:
    """Draw a mask for a sample: bool, size x size.

    A share `mask_windows` of the free-form and cellular ones is a window of a mask drawn at 256,
    unless that happens to be nearly empty or full.
    """
    size = recipe.size
    draws = random.Random(f"window/{kind}/{seed}")
    if kind != "rectangle" and size < FULL and draws.random() < recipe.mask_windows:
        top, left = (int(draws.random() * (FULL - size + 1)) for _ in range(2))
        window = draw(kind, FULL, FULL, seed)[top : top + size, left : left + size]
        if 0.05 < window.mean() < 0.8:
            return window
    return draw(kind, size, size, seed)


def draw_bank(
    kind: str, size: int, mask_windows: float, seed: int, number: int, slots: _Ints
) -> NDArray[np.uint8]:
    """Draw the masks of bank `number` in these `slots`: uint8, slots x size x size/8.

    Eight pixels a byte, the leftmost in the highest bit. Each mask is a pure function of the
    arguments and its slot.
    """
    recipe = DataRecipe(size=size, mask_windows=mask_windows)
    seeds = (f"bank/{seed}/{number}/{slot}" for slot in slots)
    return np.packbits([training_mask(kind, recipe, each) for each in seeds], axis=2)


def rectangle(size: int, seed: str) -> tuple[int, int, int, int]:
    """Return the top, bottom, left and right (pixels, ends left out) of `training_mask`'s one."""
    draws = Draws("rectangle", seed)
    tall, wide = (max(1, draws.between(size * 3 // 10, size * 7 // 10)) for _ in range(2))
    top, left = draws.between(0, size - tall), draws.between(0, size - wide)
    return top, top + tall, left, left + wide


def unpack(bank: Tensor, slots: Tensor, flips: Tensor) -> Tensor:
    """Take masks out of a bank, mirrored: bool, N x kinds x S x S, True = missing.

    Args:
        bank: uint8, count x kinds x S x S/8, see `draw_bank`.
        slots: int64, N.
        flips: int64, N: 1 mirrors left and right, 2 up and down, 3 both, 0 neither.
    """
    kinds, side, octets = bank.shape[1:]
    device = bank.device
    across, down = (flips % 2 == 1)[:, None], (flips >= 2)[:, None]
    rows, columns, bits = (torch.arange(n, device=device) for n in (side, octets, 8))
    rows = torch.where(down, side - 1 - rows, rows)[:, None, :, None]
    columns = torch.where(across, octets - 1 - columns, columns)[:, None, None, :]
    bit = (1 << torch.where(across, bits, 7 - bits)).to(torch.uint8)[:, None, None, None, :]
    kind = torch.arange(kinds, device=device)[None, :, None, None]
    picked = bank[slots[:, None, None, None], kind, rows, columns]
    return ((picked[..., None] & bit) != 0).flatten(3)


def fill_rectangles(boxes: Tensor, size: int) -> Tensor:
    """Return masks (bool, N x S x S) of `boxes` (int64, N x 4, see `rectangle`)."""
    line = torch.arange(size, device=boxes.device)
    top, bottom, left, right = boxes[:, :, None].unbind(1)
    rows, columns = (line >= top) & (line < bottom), (line >= left) & (line < right)
    return rows[:, :, None] & columns[:, None, :]


def to_device(array: NDArray[Any], device: torch.device) -> Tensor:
    """Copy an array to the device, on CUDA without waiting for it."""
    tensor = torch.from_numpy(array)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor


class MaskBanks:
    """The masks of the run by picture number, on the device.

    Drawing free-form and cellular masks takes longer than a GPU takes to train on them. So they
    are drawn ahead, `count` of each to a bank, and a mask is used `REUSE` times, each time mirrored
    another way, before the next bank takes its place. It is mirrored and nothing else, which keeps
    its coverage: half of the strokes lie along the rows, so transposing would make other masks
    than the method's, and rolling would cut strokes open at the border.

    Within `drawing`, banks are drawn ahead in `recipe.workers` processes or, with none, in a
    thread. Outside it, `masks` draws what it needs itself: the same, but slow. Another `count`
    makes other masks.
    """

    def __init__(
        self,
        recipe: DataRecipe,
        seed: int,
        device: torch.device,
        share: Share = Share(),  # noqa: B008, it is frozen
        count: int = COUNT,
    ) -> None:
        self.recipe, self.seed, self.device, self.share = recipe, seed, device, share
        self.count, self.span, self.first = count, count * REUSE, 0
        self._key = recipe.size, recipe.mask_windows, seed
        self._pool: Executor | None = None
        self._coming: dict[int, list[tuple[int, _Ints, Future[NDArray[np.uint8]]]]] = {}
        self._banks: dict[int, Tensor] = {}

    @contextmanager
    def drawing(self, first: int) -> Iterator[None]:
        """Draw banks ahead for this process's pictures, in steps counted from `first`."""
        self.first, workers = first, self.recipe.workers
        pool: Executor = (
            ProcessPoolExecutor(workers, get_context("spawn"), initializer=_settle_in_process)
            if workers
            else ThreadPoolExecutor(1, thread_name_prefix="masks")
        )
        self._pool = pool
        try:
            self._expect(pool, first // self.span)
            yield
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            self._pool, self._coming, self._banks = None, {}, {}

    def boxes(self, numbers: range) -> _Ints:
        """Return the rectangles of the pictures of these numbers, N x 4; see `rectangle`."""
        seeds = (f"train/{self.seed}/{number}" for number in numbers)
        return np.array([rectangle(self.recipe.size, seed) for seed in seeds], np.int64)

    def masks(self, numbers: range, boxes: _Ints) -> Tensor:
        """Return the masks of pictures: bool, N x 3 x S x S, one of each of `KINDS`."""
        size, device = self.recipe.size, self.device
        shape = len(numbers), len(KINDS), size, size
        masks = torch.empty(shape, dtype=torch.bool, device=device)
        masks[:, 0] = fill_rectangles(to_device(boxes, device), size)
        number = np.arange(numbers.start, numbers.stop)
        slots = number % self.count
        flips = (number % self.span // self.count + slots) % REUSE
        for bank_number in range(numbers.start // self.span, -(-numbers.stop // self.span)):
            part = slice(
                *np.searchsorted(number, [bank_number * self.span, (bank_number + 1) * self.span])
            )
            bank, rows = self._bank(bank_number, slots[part])
            masks[part, 1:] = unpack(bank, rows, to_device(flips[part], device))
        return masks

    def _bank(self, number: int, slots: _Ints) -> tuple[Tensor, Tensor]:
        """Return a bank and where in it the `slots` are, on the device."""
        if self._pool is None:
            needed, rows = np.unique(slots, return_inverse=True)
            packed = np.stack([draw_bank(k, *self._key, number, needed) for k in DRAWN], 1)
            return to_device(packed, self.device), to_device(rows, self.device)
        try:
            self._expect(self._pool, number)
            self._expect(self._pool, number + 1)
            if number not in self._banks:
                self._banks = {n: bank for n, bank in self._banks.items() if n == number - 1}
                self._banks[number] = to_device(self._collect(number), self.device)
        except BrokenProcessPool as error:
            raise TrainingError(
                "a process that draws masks was ended, perhaps for lack of memory: "
                "lower data.workers",
                field="data.workers",
            ) from error
        return self._banks[number], to_device(slots, self.device)

    def _expect(self, pool: Executor, number: int) -> None:
        """Have a bank drawn, once: the masks that this process's pictures use."""
        if number in self._coming or number in self._banks:
            return
        numbers = np.arange(number * self.span, (number + 1) * self.span)
        step = (numbers - self.first) // self.recipe.pictures_per_step
        mine = numbers[(numbers >= self.first) & (step % self.share.ranks == self.share.rank)]
        slots: _Ints = np.unique(mine % self.count)
        self._coming[number] = [
            (row, some, pool.submit(draw_bank, kind, *self._key, number, some))
            for some in np.split(slots, range(_TASK, len(slots), _TASK))
            for row, kind in enumerate(DRAWN)
            if len(some)
        ]

    def _collect(self, number: int) -> NDArray[np.uint8]:
        """Wait for a bank to be drawn: count x kinds x S x S/8, unused slots empty."""
        side = self.recipe.size
        bank = np.zeros((self.count, len(DRAWN), side, side // 8), np.uint8)
        for row, slots, drawn in self._coming.pop(number):
            bank[slots, row] = drawn.result()
        return bank


def _settle_in_process() -> None:
    """Leave Ctrl-C to the trainer, and end with it however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if parent := parent_process():
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)
