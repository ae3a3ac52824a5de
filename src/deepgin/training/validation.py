"""Watching a run on pictures it never trains on, under frozen masks, and drawing sample sheets."""

from collections.abc import Callable
from pathlib import Path
from statistics import mean

import numpy as np
from PIL import Image

from ..metrics import l1_hole, psnr, ssim
from ..metrics.lpips import Lpips
from ..runtimes.torch import TorchRuntime, from_array, to_bytes
from ..testsets import EvaluationSet

_SHEET_PICTURES = 2
_BATCH = 8


class Validation:
    """Centre squares of pictures at 256, one frozen mask of each kind for each.

    Args:
        folder: of the pictures.
        count: maximum number of pictures, evenly spaced.
        files: of the folder, these alone; empty takes all.
        lpips: measures LPIPS too.
    """

    def __init__(
        self,
        folder: str | Path,
        count: int,
        files: tuple[Path, ...] = (),
        lpips: Lpips | None = None,
    ) -> None:
        frozen = EvaluationSet(Path(folder), limit=count, files=files)
        self.lpips = lpips
        # Reads the pictures now, so that an empty folder fails at the start.
        self.truths = np.stack([frozen.truth(file) for file in frozen.pictures()])
        self.masks = {kind: np.stack(list(frozen.masks(kind))) for kind in frozen.kinds}

    def measure(
        self, runtime: TorchRuntime, check: Callable[[], None] = lambda: None
    ) -> dict[str, dict[str, float]]:
        """Return means over the pictures, by metric and kind of mask.

        Of the 8-bit completed pictures: `psnr` (dB, whole picture), `ssim` (whole picture),
        `l1_hole` (in the hole, of the full range), and `lpips` where there is one.

        Args:
            runtime: the network.
            check: called between parts; what it raises ends the measuring.
        """
        means: dict[str, dict[str, float]] = {}
        for kind, masks in self.masks.items():
            for name, values in self._scores(runtime, masks, check).items():
                means.setdefault(name, {})[kind] = mean(values)
        return means

    def _scores(
        self, runtime: TorchRuntime, masks: np.ndarray, check: Callable[[], None]
    ) -> dict[str, list[float]]:
        parts = [slice(i, i + _BATCH) for i in range(0, len(masks), _BATCH)]
        filled = []
        for part in parts:
            check()
            filled.append(runtime.fill(self.truths[part], masks[part]))
        completed = np.concatenate(filled)
        check()
        pairs = list(zip(completed, self.truths, strict=True))
        scores = {
            "psnr": [psnr(*pair) for pair in pairs],
            "ssim": [ssim(*pair) for pair in pairs],
            "l1_hole": [l1_hole(*pair, mask) for pair, mask in zip(pairs, masks, strict=True)],
        }
        if self.lpips is not None:
            parts_of_one = (from_array(np.stack(pair)) for pair in pairs)
            seen = (pair.permute(0, 3, 1, 2).float() / 255 for pair in parts_of_one)
            scores["lpips"] = [self.lpips(pair[:1], pair[1:]).item() for pair in seen]
        return scores

    def sheet(self, runtime: TorchRuntime) -> Image.Image:
        """Draw rows of input, coarse, low resolution, alpha, completed and truth."""
        step = -(-len(self.truths) // _SHEET_PICTURES)
        rows = [
            _row(runtime, self.truths[i], masks[i])
            for masks in self.masks.values()
            for i in range(0, len(self.truths), step)
        ]
        return Image.fromarray(np.concatenate(rows, 0))


def _row(runtime: TorchRuntime, truth: np.ndarray, mask: np.ndarray) -> np.ndarray:
    filled = runtime.outputs(truth[None], mask[None])
    cells = [np.where(mask[..., None], np.uint8(255), truth)]
    for picture in (filled.coarse, filled.low_resolution, filled.alpha, filled.completed):
        if picture is not None:
            small = Image.fromarray(to_bytes(picture.expand(-1, 3, -1, -1))[0])
            cells.append(np.asarray(small.resize(mask.shape[::-1], Image.Resampling.NEAREST)))
    return np.concatenate([*cells, truth], 1)
