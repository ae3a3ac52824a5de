"""All that a run needs to go on: saved and loaded by name, whole or not at all."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ..errors import TrainingError
from ..files import whole_file
from ..network import Generator
from .ema import MovingAverages
from .guard import DivergenceGuard

CHECKPOINT = "checkpoint.pt"


@dataclass
class Progress:
    """Where a run stands.

    Attributes:
        steps: optimizer steps so far, skipped ones included.
        steps_since_fresh: the same since the optimizer was new.
        samples: pictures under a mask seen so far.
        pictures: the number of the next picture of the order.
        seconds: time spent in steps.
        best: highest mean PSNR of a validation, in dB.
        rate_factor: halved whenever the run diverged and went back.
    """

    steps: int = 0
    steps_since_fresh: int = 0
    samples: int = 0
    pictures: int = 0
    seconds: float = 0.0
    best: float = 0.0
    rate_factor: float = 1.0


@dataclass
class RunState:
    """The parts of a run that change."""

    network: Generator
    optimizer: torch.optim.Optimizer
    averages: MovingAverages
    guard: DivergenceGuard
    progress: Progress

    def save(self, path: Path, recipe: dict[str, Any]) -> None:
        """Write a checkpoint, whole or not at all."""
        network = self.network
        content = {
            "architecture": architecture(network),
            "network": network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "averages": self.averages.state_dict(),
            "guard": self.guard.state_dict(),
            "progress": vars(self.progress),
            "recipe": recipe,
        }
        with whole_file(path) as temporary:
            try:
                torch.save(content, temporary)
            except RuntimeError as error:  # torch's writer says so of a full disk
                raise TrainingError(f"{path} cannot be written: {error}") from error

    def load(self, path: Path) -> None:
        """Go on from a checkpoint.

        Raises:
            TrainingError: the file is missing, damaged, or of another architecture.
        """
        content = read_checkpoint(path)
        if content["architecture"] != architecture(self.network):
            raise TrainingError(
                f"{path} is of network {content['architecture']}, the recipe asks for "
                f"{architecture(self.network)}: choose another output folder"
            )
        self.network.load_state_dict(content["network"])
        # What the recipe says now holds, not what it said when the checkpoint was written.
        groups = [dict(group, params=None) for group in self.optimizer.param_groups]
        self.optimizer.load_state_dict(content["optimizer"])
        for group, wanted in zip(self.optimizer.param_groups, groups, strict=True):
            group.update((key, value) for key, value in wanted.items() if key != "params")
        self.averages.load_state_dict(content["averages"])
        self.guard.load_state_dict(content["guard"])
        known = vars(Progress())
        self.progress = Progress(**{k: v for k, v in content["progress"].items() if k in known})


def architecture(network: Generator) -> str:
    """Return what two networks must share for one's weights to fit the other."""
    return f"{network.name} of width {network.width}"


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint without running any code that it may hold."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise TrainingError(f"{path}: no such checkpoint") from error
    except Exception as error:  # torch raises a dozen kinds for damaged files
        raise TrainingError(f"{path} is no checkpoint of DeepGIN, or it is damaged") from error
    if not isinstance(content, dict) or "progress" not in content:
        raise TrainingError(f"{path} is no checkpoint of a DeepGIN training run")
    return content
