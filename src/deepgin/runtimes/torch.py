"""The runtime that uses PyTorch."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..devices import autocast, choose_device, choose_precision
from ..network import SIZE_MULTIPLE, Filled, Generator
from ..weights import load


class TorchRuntime:
    """A generator on a device, in evaluation mode and without autograd.

    Args:
        weights: a weights file, a generator, or None for the weights that come with the package.
        device: auto, cpu, cuda, cuda:N or mps.
        precision: auto, float32 or bf16.

    Raises:
        WeightsError: the weights cannot be used.
        UsageError: unknown device or precision.
    """

    size_multiple = SIZE_MULTIPLE

    def __init__(
        self,
        weights: str | Path | Generator | None = None,
        device: str = "auto",
        precision: str = "auto",
    ) -> None:
        self.device = choose_device(device)
        self.precision = choose_precision(self.device, precision)
        network = weights if isinstance(weights, Generator) else load(weights)
        self.network = network.to(self.device).eval()

    @torch.inference_mode()
    def outputs(self, pictures: np.ndarray, masks: np.ndarray) -> Filled:
        """Return all that the network says of a batch; arguments as for `Runtime.fill`."""
        # N x H x W x 3 seen as N x 3 x H x W is channels_last as it stands.
        image = from_array(pictures).to(self.device).permute(0, 3, 1, 2).float() / 255
        mask = from_array(masks).to(self.device).unsqueeze(1).float()
        with autocast(self.device, self.precision):
            return self.network(image, mask)

    def fill(self, pictures: np.ndarray, masks: np.ndarray) -> np.ndarray:
        """Complete a batch; see `Runtime.fill`."""
        return to_bytes(self.outputs(pictures, masks).completed)


def from_array(array: np.ndarray) -> Tensor:
    """Copy an array into a tensor: torch takes no flipped arrays and warns of read-only ones."""
    return torch.from_numpy(np.array(array, order="C"))


def to_bytes(pictures: Tensor) -> np.ndarray:
    """Bring N x C x H x W about [0, 1] to uint8, N x H x W x C: clamped and rounded.

    Truncation instead of rounding would darken by half a grey level.
    """
    rounded = (pictures.float().clamp(0, 1) * 255 + 0.5).to(torch.uint8)
    return rounded.permute(0, 2, 3, 1).cpu().numpy()
