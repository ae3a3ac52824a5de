"""The runtime of inpainting networks of other authors, in ONNX files."""

from typing import Any

import numpy as np

from ..weights.blend import sharpness_of
from ..weights.model import Model
from ..weights.statement import parse
from . import GPU_GROUP, Runtime, memory
from .contracts import Contract
from .network import Network
from .onnx import device_of, precision_of
from .probe import check

# A guess for large networks; batches on a GPU are planned with it.
_BYTES_A_PIXEL = 4096


class ForeignRuntime(Runtime):
    """A network of other authors in ONNX Runtime. Valid pixels come back as they were.

    Attributes:
        contract: what its arrays mean.
        notes: doubts about the contract.

    Raises:
        UsageError: the contract is unclear, or a plain picture shows that it is wrong.
        DeepginError: the network does not run, or returns no picture.
    """

    guided = False

    def __init__(self, model: Model, session: Any) -> None:
        super().__init__()
        path = model.file()
        assert path
        self.precision, self.sharpness = precision_of(model), sharpness_of(path, model.sharpness)
        self.device = device_of(session, model.device)
        self._network = Network(path, session, parse(model.stated().contract))
        self.notes = check(self._network)
        self.contract: Contract = self._network.contract
        contract = self.contract
        self.fixed = contract.size is not None
        self.size_multiple = 1 if self.fixed else contract.multiple
        self.trained_at = contract.trained_at
        self.bytes_a_pixel = _BYTES_A_PIXEL
        ports = self._network.ports
        # MI-GAN's pipeline has a free batch axis, and looks at one picture.
        alone = ports.image.shape[0] or ports.constants or contract.network == "migan-pipeline"
        self.group_pixels = GPU_GROUP if self.device == "cuda" and not alone else 0

    def _fill(
        self, pictures: np.ndarray, masks: np.ndarray, guidance: np.ndarray | None
    ) -> np.ndarray:
        height, width = masks.shape[1:]
        seen, holes = pictures, masks
        if self.contract.size:
            most = self.contract.size
            border = [(0, 0), (0, most[0] - height), (0, most[1] - width)]
            holes = np.pad(masks, border, "symmetric")
            seen = np.pad(pictures, [*border, (0, 0)], "symmetric")
        step = len(masks) if self.group_pixels else 1
        parts = [
            self._network.run(seen[i : i + step], holes[i : i + step], self.contract)
            for i in range(0, len(masks), step)
        ]
        filled = self._network.bytes_of(np.concatenate(parts))[:, :height, :width]
        return np.where(masks[..., None], filled, pictures)

    def free_bytes(self) -> int:
        return memory.UNKNOWN if self.device == "cuda" else memory.free_on_host()
