"""Moving averages measured on pictures that are never trained on, and the best as weights."""

from collections.abc import Callable
from pathlib import Path
from statistics import mean

import numpy as np
import torch
from PIL import Image

from ..errors import UsageError
from ..metrics import l1_hole, psnr, ssim
from ..metrics.lpips import Lpips, load_lpips
from ..network import Generator
from ..runtimes.torch import TorchRuntime, from_array, to_bytes
from ..testsets import EvaluationSet
from ..version import __version__
from ..weights import Model, save
from .data.layouts import layout_entries
from .recipe import Recipe
from .schedule import WARM_UP
from .state import RunState

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
        `l1_hole` (in the hole, of the full range), and `lpips` where there is one. `check` is
        called between parts; what it raises ends the measuring.
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


def open_validation(recipe: Recipe) -> Validation | None:
    """Return what the recipe validates on: a folder, or the test part of its layout; or nothing."""
    data, watch = recipe.data, recipe.watch
    files: tuple[Path, ...] = ()
    if not data.validation:
        if data.layout == "folder":
            return None
        files = tuple(entry.file for entry in layout_entries(data.train, data.layout, "test"))
    if watch.lpips_backbone and not watch.lpips_heads:
        raise UsageError(
            "watch.lpips_backbone is of no use without watch.lpips_heads: name both",
            field="watch.lpips_heads",
        )
    lpips = None
    if watch.lpips_heads:
        lpips = load_lpips(watch.lpips_heads, "alexnet", watch.lpips_backbone or None)
    return Validation(data.validation or data.train, watch.validation_pictures, files, lpips)


def validation_score(metrics: dict[str, dict[str, float]]) -> float:
    """Return the number by which averages are compared, higher is better: LPIPS, else PSNR."""
    if "lpips" in metrics:
        return -mean(metrics["lpips"].values())
    return mean(metrics["psnr"].values())


def is_comparable(metrics: dict[str, dict[str, float]], stage: str) -> bool:
    """Return whether `validation_score` compares different moments of a stage.

    The main stage trades PSNR, and SSIM with it, for texture: by them its best would be its
    first. So without LPIPS the newest counts there.
    """
    return stage == WARM_UP or "lpips" in metrics


def runtime_of(state: RunState, half_life: int, recipe: Recipe) -> TorchRuntime:
    """Return a runtime of a moving average, whose memory it shares."""
    with torch.device("meta"):
        network = Generator(recipe.network.variant, recipe.network.width)
    network.load_state_dict(state.averages.weights(half_life), assign=True)
    device = next(state.network.parameters()).device
    return TorchRuntime(Model(network, str(device), recipe.precision))


def export(state: RunState, path: Path, half_life: int, recipe: Recipe) -> None:
    """Write a moving average as float16 weights with the facts of this run."""
    p, settings = state.progress, recipe.as_dict()
    # Paths of this machine stay here; of files that decide results the names are kept.
    del settings["data"]["train"], settings["data"]["validation"]
    watch, loss = settings["watch"], settings["loss"]
    for group, field in (
        (watch, "lpips_backbone"),
        (watch, "lpips_heads"),
        (loss, "network"),
        (settings, "init"),
    ):
        group[field] = Path(group[field]).name
    facts = {
        "stage": p.stage,
        "samples": p.samples,
        "main_samples": 0 if p.stage == WARM_UP else p.stage_samples,
        "half_life": half_life,
        "hours": round(p.seconds / 3600, 2),
        "recipe": settings,
        "deepgin": __version__,
    }
    save(state.network, path, training=facts, weights=state.averages.weights(half_life))
