"""Fits: how a picture of any size is brought to the network. One class each, over a runtime."""

from typing import Protocol

import numpy as np

from ..runtimes import Runtime


class Fit(Protocol):
    """Completes a picture of any size by means of a runtime."""

    def complete(self, runtime: Runtime, picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Return the completed picture.

        Args:
            runtime: runs the network.
            picture: uint8, H x W x 3.
            mask: bool, H x W, True = missing.

        Returns:
            uint8, H x W x 3; pixels outside the mask are of no concern.
        """
        ...


class Direct:
    """The whole picture at its own size, padded to the network's multiple.

    Padding mirrors picture and mask, so that a hole at the border goes on beyond it.
    """

    def complete(self, runtime: Runtime, picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Return the completed picture; see `Fit.complete`."""
        height, width = mask.shape
        border = [(0, -side % runtime.size_multiple) for side in (height, width)]
        padded = np.pad(picture, [*border, (0, 0)], mode="symmetric")
        padded_mask = np.pad(mask, border, mode="symmetric")
        return runtime.fill(padded[None], padded_mask[None])[0, :height, :width]
