"""Watching a run on pictures it never trains on, under frozen masks, and drawing sample sheets."""

from pathlib import Path

import numpy as np
from PIL import Image

from ..evaluation.protocol import Protocol
from ..evaluation.runner import run
from ..runtimes.torch import TorchRuntime, to_bytes

_SHEET_PICTURES = 2


class Validation:
    """Centre squares of a folder's pictures at 256, one frozen mask of each kind for each."""

    def __init__(self, folder: str | Path, count: int) -> None:
        self.protocol = Protocol(Path(folder), limit=count)
        self.protocol.pictures()  # an empty folder is better told of now than in an hour

    def measure(self, runtime: TorchRuntime) -> dict[str, float]:
        """Return the mean PSNR in dB of the 8-bit completed pictures, by kind of mask."""

        def fill(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
            return runtime.fill(picture[None], mask[None])[0]

        return {score.kind: score.psnr for score in run(self.protocol, {"network": fill})}

    def sheet(self, runtime: TorchRuntime) -> Image.Image:
        """Draw rows of input, coarse, low resolution, alpha, completed and truth."""
        rows = []
        files = self.protocol.pictures()
        for kind in self.protocol.kinds:
            masks = self.protocol.masks(kind)
            for i in range(0, len(files), -(-len(files) // _SHEET_PICTURES)):
                rows.append(_row(runtime, self.protocol.truth(files[i]), masks[i]))
        return Image.fromarray(np.concatenate(rows, 0))


def _row(runtime: TorchRuntime, truth: np.ndarray, mask: np.ndarray) -> np.ndarray:
    filled = runtime.outputs(truth[None], mask[None])
    cells = [np.where(mask[..., None], np.uint8(255), truth)]
    for picture in (filled.coarse, filled.low_resolution, filled.alpha, filled.completed):
        if picture is not None:
            small = Image.fromarray(to_bytes(picture.expand(-1, 3, -1, -1))[0])
            cells.append(np.asarray(small.resize(mask.shape[::-1], Image.Resampling.NEAREST)))
    return np.concatenate([*cells, truth], 1)
