"""Masks made on the device: banks of drawn masks, kept packed, and rectangles.

Free-form and cellular masks take longer to draw than a GPU takes to train on them. So they are
drawn ahead, `COUNT` of each to a bank, and a mask is used `REUSE` times, each time mirrored
another way, before the next bank takes its place. Which mask picture n gets, and how mirrored, is
a pure function of the recipe, the seed and n.

A mask is mirrored and nothing else, which leaves its coverage as it is. Strokes go left and right
alike, up and down alike; but half of them lie along the rows, so transposing would make other
masks than the method's. Rolling would cut strokes open at the border.
"""

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...errors import TrainingError
from ...masks import KINDS
from ...masks.draws import Draws
from ..recipe import DataRecipe
from .batch import Share
from .masks import training_mask

_Ints = NDArray[np.int64]

COUNT = 1024
"""Masks of each kind in a bank."""

REUSE = 4
"""Times that a mask is used, as there are four ways to mirror it."""

DRAWN = KINDS[1:]
"""The kinds that banks hold; rectangles need none."""

_TASK = 64  # masks drawn at a time, so that several processes share the work of a bank


def draw_bank(
    kind: str, size: int, mask_windows: float, seed: int, number: int, slots: _Ints
) -> NDArray[np.uint8]:
    """Draw masks of bank `number`, each a pure function of the arguments and its slot.

    Args:
        kind: one of `DRAWN`.
        size: side in pixels, a multiple of 8.
        mask_windows: see `DataRecipe`.
        seed: of the run.
        number: of the bank.
        slots: which of its masks, in [0, COUNT).

    Returns:
        uint8, slots x size x size/8: eight pixels a byte, the leftmost in the highest bit.
    """
    recipe = DataRecipe(size=size, mask_windows=mask_windows)
    bank = np.empty((len(slots), size, size // 8), np.uint8)
    for row, slot in zip(bank, slots, strict=True):
        row[:] = np.packbits(training_mask(kind, recipe, f"bank/{seed}/{number}/{slot}"), axis=1)
    return bank


def rectangle(size: int, seed: str) -> tuple[int, int, int, int]:
    """Return the top, bottom, left and right (pixels, ends left out) of `training_mask`'s one."""
    draws = Draws("rectangle", seed)
    tall, wide = (max(1, draws.between(size * 3 // 10, size * 7 // 10)) for _ in range(2))
    top, left = draws.between(0, size - tall), draws.between(0, size - wide)
    return top, top + tall, left, left + wide


def unpack(bank: Tensor, slots: Tensor, flips: Tensor) -> Tensor:
    """Take masks out of a bank, mirrored.

    Args:
        bank: uint8, count x kinds x S x S/8, see `draw_bank`.
        slots: int64, N.
        flips: int64, N: 1 mirrors left and right, 2 up and down, 3 both, 0 neither.

    Returns:
        bool, N x kinds x S x S, True = missing.
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


@dataclass(frozen=True)
class MaskChoices:
    """The masks of N pictures, int64 arrays.

    Attributes:
        banks: number of the bank, N, ascending.
        slots: place in the bank, N.
        flips: how the mask is mirrored, N; see `unpack`.
        boxes: the rectangle, N x 4; see `rectangle`.
    """

    banks: _Ints
    slots: _Ints
    flips: _Ints
    boxes: _Ints


class MaskBanks:
    """The masks of the run by picture number, on the device.

    Within `drawing`, banks are drawn ahead in `recipe.workers` processes or, with none, in a
    thread. Outside it, `masks` draws what it needs itself: the same, but slow.

    Args:
        count: masks of each kind in a bank; another count makes other masks.
    """

    def __init__(
        self,
        recipe: DataRecipe,
        seed: int,
        device: torch.device,
        share: Share = Share(),  # noqa: B008  (frozen)
        count: int = COUNT,
    ) -> None:
        self.recipe, self.seed, self.device, self.share = recipe, seed, device, share
        self.count, self.span = count, count * REUSE
        self.first = 0
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

    def choose(self, numbers: range) -> MaskChoices:
        """Return the choices for the pictures of these numbers."""
        size, seed = self.recipe.size, self.seed
        boxes = np.array([rectangle(size, f"train/{seed}/{n}") for n in numbers], np.int64)
        number = np.arange(numbers.start, numbers.stop)
        slot = number % self.count
        flip = (number % self.span // self.count + slot) % REUSE
        return MaskChoices(number // self.span, slot, flip, boxes.reshape(-1, 4))

    def masks(self, choices: MaskChoices) -> Tensor:
        """Return the chosen masks: bool, N x 3 x S x S, one of each of `KINDS`."""
        size, device = self.recipe.size, self.device
        shape = len(choices.banks), len(KINDS), size, size
        masks = torch.empty(shape, dtype=torch.bool, device=device)
        masks[:, 0] = fill_rectangles(to_device(choices.boxes, device), size)
        for number in np.unique(choices.banks).tolist():
            part = slice(*np.searchsorted(choices.banks, [number, number + 1]))
            bank, slots = self._bank(number, choices.slots[part])
            masks[part, 1:] = unpack(bank, slots, to_device(choices.flips[part], device))
        return masks

    def _bank(self, number: int, slots: _Ints) -> tuple[Tensor, Tensor]:
        """Return a bank and where in it the `slots` are, on the device."""
        if self._pool is None:
            needed, rows = np.unique(slots, return_inverse=True)
            packed = np.stack([draw_bank(k, *self._key(), number, needed) for k in DRAWN], 1)
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
                "lower data.workers"
            ) from error
        return self._banks[number], to_device(slots, self.device)

    def _key(self) -> tuple[int, float, int]:
        return self.recipe.size, self.recipe.mask_windows, self.seed

    def _expect(self, pool: Executor, number: int) -> None:
        """Have a bank drawn, once."""
        if number in self._coming or number in self._banks:
            return
        slots = self._own_slots(number)
        self._coming[number] = []
        for begin in range(0, len(slots), _TASK):
            some = slots[begin : begin + _TASK]
            for row, kind in enumerate(DRAWN):
                drawn = pool.submit(draw_bank, kind, *self._key(), number, some)
                self._coming[number].append((row, some, drawn))

    def _own_slots(self, number: int) -> _Ints:
        """Return the slots of a bank that this process's pictures use."""
        numbers = np.arange(number * self.span, (number + 1) * self.span)
        step = (numbers - self.first) // self.recipe.pictures_per_step
        mine = numbers[(numbers >= self.first) & (step % self.share.ranks == self.share.rank)]
        slots: _Ints = np.unique(mine % self.count)
        return slots

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
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)
