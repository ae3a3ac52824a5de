"""Runtimes: they run a network, arrays in, one uint8 array out."""

from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from ..errors import Note
from . import memory

if TYPE_CHECKING:
    from .contracts import Contract

# Four pictures at 256 keep a GPU busy; padding a short group to four costs less than it matters.
GPU_GROUP = 4 * 256 * 256


class OutOfMemory(Exception):
    """A batch did not fit the device's memory; a smaller one may."""


class Runtime:
    """Fills holes in arrays that already have the network's size. Safe to call from any thread.

    A runtime implements `_fill` and `free_bytes`, and sets these attributes. Those of this package
    also have the resolved `device`, `precision` and `sharpness`.

    Attributes:
        size_multiple: height and width must be multiples of this.
        trained_at: the side in pixels of the pictures that the network was trained on.
        fixed: whether it takes no picture larger than `trained_at` x `trained_at`.
        guided: whether the network takes a guidance picture.
        bytes_a_pixel: memory that a pixel of a batch takes at the peak, for planning.
        group_pixels: pictures go through in groups of so many pixels together, at least one
            picture; 0 means one by one. Rounding in the network may depend on how many
            go through at once, so this follows from the device alone, never from what is at hand.
        contract: of a network of other authors.
        notes: what is to be said of every result.
    """

    size_multiple: int
    trained_at: int
    guided: bool
    bytes_a_pixel: int
    group_pixels: int
    fixed: bool = False
    contract: "Contract | None" = None
    notes: tuple[Note, ...] = ()

    def __init__(self) -> None:
        self._lock = Lock()

    def fill(
        self, pictures: np.ndarray, masks: np.ndarray, guidance: np.ndarray | None = None
    ) -> np.ndarray:
        """Complete a batch.

        Args:
            pictures: uint8, N x H x W x 3; what stands under the masks is never seen.
            masks: bool, N x H x W, True = missing.
            guidance: uint8, N x H x W x 3, for a guided network alone.

        Returns:
            The completed pictures, uint8, N x H x W x 3; pixels outside the masks are undefined.

        Raises:
            OutOfMemory: the batch is too large for the device.
        """
        # One batch at a time: threads that plan with the same free memory would exceed it.
        with self._lock:
            try:
                return self._fill(pictures, masks, guidance)
            except Exception as error:  # those of ONNX Runtime share no class
                if not memory.ran_out(error):
                    raise
        # Outside the handler, whose traceback would keep the batch's tensors alive.
        self._free()
        raise OutOfMemory(f"{pictures.shape[0]} pictures of {masks.shape[2]} x {masks.shape[1]}")

    def _fill(
        self, pictures: np.ndarray, masks: np.ndarray, guidance: np.ndarray | None
    ) -> np.ndarray:
        raise NotImplementedError

    def _free(self) -> None:
        """Give memory back after a batch that did not fit."""

    def free_bytes(self) -> int:
        """Return the memory that is free on the device; a large number where that is unknown."""
        raise NotImplementedError
