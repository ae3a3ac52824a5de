"""All that a run needs to go on: built, saved and loaded by name, whole or not at all.

No random generator's state is among it: weights, order, crops and masks are drawn from the
recipe's seed and their number, on every process, so a run resumes by counting.
"""

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..errors import TrainingError, UsageError, nearest_name
from ..files import whole_file
from ..network import Discriminators, Generator, build
from ..weights import load, local_path, read_card
from .ema import MovingAverages
from .guard import DivergenceGuard
from .optimisers import optimizer
from .recipe import MainRecipe, OptimiserRecipe, Recipe
from .schedule import MAIN, WARM_UP


@dataclass
class Progress:
    """Where a run stands.

    Attributes:
        stage: warm_up or main.
        stage_begun: the samples at which that stage began.
        stage_steps: steps since then, and so since the optimizers were fresh.
        steps: steps so far, skipped ones included.
        samples: pictures under a mask seen so far.
        positions: where the next batch of each process begins.
        seconds: time spent in steps.
        best: the best validation of this stage; higher is better.
        validated: the samples at which the last validation was made; -1 before the first.
        rate_factor: halved whenever the run diverged and went back.
    """

    stage: str = WARM_UP
    stage_begun: int = 0
    stage_steps: int = 0
    steps: int = 0
    samples: int = 0
    positions: list[dict[str, int]] = field(default_factory=list)
    seconds: float = 0.0
    best: float = -float("inf")
    validated: int = -1
    rate_factor: float = 1.0

    def position(self, rank: int) -> dict[str, int]:
        """Return where a process goes on; a new one begins where the first one does."""
        return self.positions[rank if rank < len(self.positions) else 0] if self.positions else {}

    @property
    def stage_samples(self) -> int:
        return self.samples - self.stage_begun

    def count(self, samples: int, positions: list[dict[str, int]]) -> None:
        """Count a step of so many samples; the next one begins at `positions`."""
        self.steps += 1
        self.stage_steps += 1
        self.samples += samples
        self.positions = positions


@dataclass
class RunState:
    """The parts of a run that change."""

    network: Generator
    optimizer: torch.optim.Optimizer
    averages: MovingAverages
    guard: DivergenceGuard
    progress: Progress
    discriminators: Discriminators | None = None
    discriminator_optimizer: torch.optim.Optimizer | None = None

    @classmethod
    def fresh(cls, recipe: Recipe, device: torch.device) -> "RunState":
        """Build network, optimizer and averages as they are before the first step."""
        settings = recipe.network
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            network = build(
                settings.variant, settings.width, initialisation=settings.initialisation
            )
        if recipe.init:
            start = _start(recipe.init)
            if architecture(start) != architecture(network):
                raise TrainingError(
                    f"init {recipe.init} is {architecture(start)}, the recipe asks for "
                    f"{architecture(network)}: change network.variant and network.width"
                )
            network.load_state_dict(start.state_dict())
        network = network.to(device)
        return cls(
            network,
            optimizer(network, recipe.optimiser.name, recipe.optimiser, recipe.warm_up.rate),
            MovingAverages(network, recipe.ema),
            DivergenceGuard(recipe.guard.in_a_row),
            Progress(),
        )

    def begin_main(self, recipe: Recipe) -> None:
        """Enter the main stage: random discriminators, fresh optimizers and averages ([P] 4.2)."""
        o = recipe.optimiser
        self._add_discriminators(recipe.main, o, recipe.seed)
        self.optimizer = optimizer(self.network, o.name, o, recipe.main.rate)
        self.averages = MovingAverages(self.network, recipe.ema)
        self.guard.forget()
        p = self.progress
        p.stage, p.stage_begun, p.stage_steps, p.best = MAIN, p.samples, 0, -float("inf")

    def _add_discriminators(self, main: MainRecipe, o: OptimiserRecipe, seed: int) -> None:
        device = next(self.network.parameters()).device
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed + 1)
            made = Discriminators(main.discriminator_width)
        made = made.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.discriminators = made
        self.discriminator_optimizer = optimizer(made, o.discriminators, o, main.discriminator_rate)

    def save(self, path: Path, recipe: dict[str, Any]) -> None:
        """Write a checkpoint, whole or not at all."""
        content = {
            "architecture": architecture(self.network),
            "averages": self.averages.state_dict(),
            "guard": self.guard.state_dict(),
            "progress": vars(self.progress),
            "recipe": recipe,
        }
        content |= {name: part.state_dict() for name, part in self._parts().items()}
        with whole_file(path) as temporary:
            try:
                torch.save(content, temporary)
            except RuntimeError as error:  # of a full disk torch's writer speaks in riddles
                free = shutil.disk_usage(path.parent).free >> 20
                raise TrainingError(
                    f"{path} cannot be written, with {free} MiB free on its disk ({error})"
                ) from error

    def _parts(self) -> dict[str, nn.Module | torch.optim.Optimizer]:
        parts: dict[str, nn.Module | torch.optim.Optimizer | None] = {
            "network": self.network,
            "optimizer": self.optimizer,
            "discriminators": self.discriminators,
            "discriminator_optimizer": self.discriminator_optimizer,
        }
        return {name: part for name, part in parts.items() if part is not None}

    def load(self, path: Path, recipe: Recipe) -> None:
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
        known = vars(Progress())
        self.progress = Progress(**{k: v for k, v in content["progress"].items() if k in known})
        self.discriminators = self.discriminator_optimizer = None
        if self.progress.stage == MAIN:
            self._add_discriminators(recipe.main, recipe.optimiser, recipe.seed)
        for name, part in self._parts().items():
            if _of_one_kind(name, content, recipe):
                _load_part(part, content[name], path, name)
        self.averages.load_state_dict(content["averages"])
        self.guard.load_state_dict(content["guard"])


def _start(name: str) -> Generator:
    """Load what a run begins with: of a file of two sets the soft one, where the main stage began."""
    path = local_path(None if name == "shipped" else name)
    if not path.exists():
        close = nearest_name(name, ["shipped"])
        raise UsageError(f"init '{name}': no such file{close}: name a weights file, or shipped")
    return load(path, None if read_card(path).sharpness is None else 0)


def _of_one_kind(part: str, content: dict[str, Any], recipe: Recipe) -> bool:
    """Return whether a checkpoint's part goes on; an optimizer of another kind starts afresh."""
    field = {"optimizer": "name", "discriminator_optimizer": "discriminators"}.get(part)
    before = content.get("recipe", {}).get("optimiser", {})
    return field is None or before.get(field, "adam") == getattr(recipe.optimiser, field)


def _load_part(
    part: nn.Module | torch.optim.Optimizer, saved: dict[str, Any], path: Path, name: str
) -> None:
    if isinstance(part, nn.Module):
        try:
            part.load_state_dict(saved)
        except RuntimeError as error:
            raise TrainingError(
                f"the {name} in {path} have other sizes than the recipe's: "
                "is main.discriminator_width another?"
            ) from error
        return
    # What the recipe says now holds, not what it said when the checkpoint was written.
    groups = [dict(group, params=None) for group in part.param_groups]
    part.load_state_dict(saved)
    for group, current in zip(part.param_groups, groups, strict=True):
        group.update((key, value) for key, value in current.items() if key != "params")


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
    needed = {"architecture", "averages", "guard", "network", "optimizer", "progress"}
    if not isinstance(content, dict) or not needed <= content.keys():
        raise TrainingError(f"{path} is no checkpoint of a DeepGIN training run")
    return content
