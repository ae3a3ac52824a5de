"""Moving averages as weights with their card, and how the best one is chosen."""

from pathlib import Path
from statistics import mean

import torch

from ..errors import UsageError
from ..metrics.lpips import Lpips, load_lpips
from ..network import Generator
from ..runtimes.torch import TorchRuntime
from ..version import __version__
from ..weights import Model, save
from .data.layouts import layout_entries
from .recipe import Recipe
from .schedule import WARM_UP
from .state import RunState
from .validation import Validation


def open_validation(recipe: Recipe) -> Validation | None:
    """Return what the recipe validates on: a folder, or the test part of its layout; or nothing."""
    data, watch = recipe.data, recipe.watch
    files: tuple[Path, ...] = ()
    if not data.validation:
        if data.layout == "folder":
            return None
        files = tuple(entry.file for entry in layout_entries(data.train, data.layout, "test"))
    folder = data.validation or data.train
    return Validation(folder, watch.validation_pictures, files, _lpips(recipe))


def _lpips(recipe: Recipe) -> Lpips | None:
    watch = recipe.watch
    if watch.lpips_backbone and not watch.lpips_heads:
        raise UsageError("watch.lpips_backbone is of no use without watch.lpips_heads: name both")
    if not watch.lpips_heads:
        return None
    return load_lpips(watch.lpips_heads, "alexnet", watch.lpips_backbone or None)


def validation_score(metrics: dict[str, dict[str, float]]) -> float:
    """Return the number by which averages are compared; higher is better.

    LPIPS, where it is measured; else PSNR.
    """
    if "lpips" in metrics:
        return -mean(metrics["lpips"].values())
    return mean(metrics["psnr"].values())


def is_comparable(metrics: dict[str, dict[str, float]], stage: str) -> bool:
    """Return whether `validation_score` tells that an earlier moment of a stage was better than a later.

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
    for path_of_this_machine in ("train", "validation"):
        del settings["data"][path_of_this_machine]
    for group, field in (
        ("watch", "lpips_backbone"),
        ("watch", "lpips_heads"),
        ("loss", "network"),
    ):
        settings[group][field] = Path(settings[group][field]).name
    settings["init"] = Path(settings["init"]).name
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
