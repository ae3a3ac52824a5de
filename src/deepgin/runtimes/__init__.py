"""What runs a network: arrays in, arrays out. Nothing of pictures or of how they are fitted."""

from typing import Protocol

import numpy as np


class Runtime(Protocol):
    """Fills holes in arrays that already have the network's size.

    Attributes:
        size_multiple: height and width must be multiples of this.
    """

    size_multiple: int

    def fill(self, pictures: np.ndarray, masks: np.ndarray) -> np.ndarray:
        """Complete a batch.

        Args:
            pictures: uint8, N x H x W x 3.
            masks: bool, N x H x W, True = missing.

        Returns:
            uint8, N x H x W x 3, the completed pictures.
        """
        ...
