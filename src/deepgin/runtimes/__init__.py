"""Runtimes: they run a network, arrays in, one uint8 array out."""

from typing import Protocol

import numpy as np


class OutOfMemory(Exception):
    """A batch did not fit the device's memory; a smaller one may."""


class Runtime(Protocol):
    """Fills holes in arrays that already have the network's size. Safe to call from any thread.

    Runtimes of this package also have the resolved `device`, `precision` and `sharpness`.

    Attributes:
        size_multiple: height and width must be multiples of this.
        trained_at: the side in pixels of the pictures that the network was trained on.
        guided: whether the network takes a guidance picture.
        bytes_a_pixel: memory that a pixel of a batch takes at the peak, for planning.
        group_pixels: pictures go through in groups of so many pixels together, at least one
            picture; 0 means one by one. Rounding in the network may depend on how many
            go through at once, so this follows from the device alone, never from what is at hand.
    """

    size_multiple: int
    trained_at: int
    guided: bool
    bytes_a_pixel: int
    group_pixels: int

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
        ...

    def free_bytes(self) -> int:
        """Return the memory that is free on the device; a large number where that is unknown."""
        ...
