"""The runtime that uses PyTorch."""

import numpy as np
import torch
from torch import Tensor

from ..devices import autocast, choose_device, choose_precision
from ..errors import UsageError
from ..network import SIZE_MULTIPLE, Filled, Generator
from ..weights import Model, load, local_path, sharpness_of
from . import GPU_GROUP, Runtime, memory

# Seen on a CPU in float32, widths 32 and 64, 512 and 768 pixels: 16 to 18. Half again for what
# convolutions on a GPU take beside.
_BYTES_A_PIXEL_AND_WIDTH = 28


class TorchRuntime(Runtime):
    """A generator on a device, in evaluation mode and without autograd.

    Raises:
        WeightsError: the weights cannot be used.
        UsageError: unknown device or precision, or a sharpness that they cannot have.
    """

    size_multiple = SIZE_MULTIPLE
    trained_at = 256

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.device = choose_device(model.device)
        self.precision = choose_precision(self.device, model.precision)
        self.sharpness = model.sharpness
        if isinstance(model.weights, Generator):
            network = model.weights
            if self.sharpness is not None:
                raise UsageError(
                    "a generator has one set of weights",
                    field="sharpness",
                    mend="leave {sharpness} out",
                )
        else:
            path = local_path(model.weights)
            network = load(path, self.sharpness)
            self.sharpness = sharpness_of(path, self.sharpness)
        self.network = network.to(self.device).eval()
        self.guided = bool(self.network.variant.guidance)
        self.bytes_a_pixel = _BYTES_A_PIXEL_AND_WIDTH * self.network.width
        # On a CPU four together take 0.9 to 1.03 times as long as one by one, and round otherwise.
        self.group_pixels = GPU_GROUP if self.device.type == "cuda" else 0

    @torch.inference_mode()
    def outputs(
        self, pictures: np.ndarray, masks: np.ndarray, guidance: np.ndarray | None = None
    ) -> Filled:
        """Return all outputs of the network for a batch; arguments as for `Runtime.fill`."""
        mask = from_array(masks).to(self.device).unsqueeze(1).float()
        guide = None if guidance is None else self._pictures(guidance)
        with autocast(self.device, self.precision):
            return self.network(self._pictures(pictures), mask, guide)

    def _pictures(self, pictures: np.ndarray) -> Tensor:
        # N x H x W x 3 seen as N x 3 x H x W is channels_last as it stands.
        return from_array(pictures).to(self.device).permute(0, 3, 1, 2).float() / 255

    def _fill(
        self, pictures: np.ndarray, masks: np.ndarray, guidance: np.ndarray | None
    ) -> np.ndarray:
        return to_bytes(self.outputs(pictures, masks, guidance).completed)

    def _free(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def free_bytes(self) -> int:
        if self.device.type != "cuda":
            return memory.free_on_host()
        # What PyTorch's allocator holds without using it is free for the next batch too.
        kept = torch.cuda.memory_reserved(self.device) - torch.cuda.memory_allocated(self.device)
        return torch.cuda.mem_get_info(self.device)[0] + kept


def from_array(array: np.ndarray) -> Tensor:
    """Copy an array into a tensor: torch takes no flipped arrays and warns of read-only ones."""
    return torch.from_numpy(np.array(array, order="C"))


def to_bytes(pictures: Tensor) -> np.ndarray:
    """Bring N x C x H x W about [0, 1] to uint8, N x H x W x C: clamped and rounded.

    Truncation instead of rounding would darken by half a grey level.
    """
    rounded = (pictures.float().clamp(0, 1) * 255 + 0.5).to(torch.uint8)
    return rounded.permute(0, 2, 3, 1).cpu().numpy()
