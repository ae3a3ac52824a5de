"""All that a run needs to go on: built, saved and loaded by name, whole or not at all.

No random generator's state is among it: weights, order, crops and masks are drawn from the
recipe's seed and their number, on every process, so a run resumes by counting.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import TrainingError, UsageError, nearest_name
from ..files import whole_file
from ..network import Discriminators, Generator, build
from ..weights import load, local_path, read_card
from .guard import DivergenceGuard
from .optimisers import load_optimizer, optimizer
from .recipe import EmaRecipe, Recipe
from .schedule import MAIN, Progress


class MovingAverages:
    """One exponential moving average of the parameters for each half-life, in samples.

    Early in a run a half-life is held to `ramp` of the samples seen, so that the first, random
    weights fade (as in EDM2).
    """

    def __init__(self, network: nn.Module, recipe: EmaRecipe) -> None:
        self.ramp = recipe.ramp
        self._live: list[Tensor] = list(network.parameters())
        self._names = [name for name, _ in network.named_parameters()]
        self._averages = {
            half_life: [p.detach().clone() for p in self._live] for half_life in recipe.half_lives
        }

    @property
    def half_lives(self) -> list[int]:
        return list(self._averages)

    def shares(self, samples_in_step: int, samples_seen: int) -> list[float]:
        """Return how far each average moves towards the parameters in a step."""
        lives = (max(1e-9, min(life, samples_seen * self.ramp)) for life in self._averages)
        return [1 - 0.5 ** (samples_in_step / life) for life in lives]

    @torch.no_grad()
    def update(self, samples_in_step: int, samples_seen: int) -> None:
        """Move the averages towards the parameters as they are after a step."""
        shares = self.shares(samples_in_step, samples_seen)
        for average, share in zip(self._averages.values(), shares, strict=True):
            torch._foreach_lerp_(average, self._live, share)

    @torch.no_grad()
    def move_to(self, places: list[dict[str, Tensor]]) -> None:
        """Keep the averages from now on in these tensors, by parameter name."""
        for half_life, place in zip(self.half_lives, places, strict=True):
            held = [place[name] for name in self._names]
            torch._foreach_copy_(held, self._averages[half_life])
            self._averages[half_life] = held

    def weights(self, half_life: int) -> dict[str, Tensor]:
        """Return the state dict of the average of that half-life."""
        return dict(zip(self._names, self._averages[half_life], strict=True))

    def state_dict(self) -> dict[int, dict[str, Tensor]]:
        return {half_life: self.weights(half_life) for half_life in self._averages}

    @torch.no_grad()
    def load_state_dict(self, state: dict[int, dict[str, Tensor]]) -> None:
        """Take what `state` has; an average that is new in the recipe starts at the parameters."""
        for half_life, average in self._averages.items():
            saved = state.get(half_life)
            for i, name in enumerate(self._names):
                average[i].copy_(self._live[i] if saved is None else saved[name])


@dataclass
class RunState:
    """The parts of a run that change.

    Attributes:
        settle: brings the optimizers up to date before they are saved, where steps keep momenta
            elsewhere.
    """

    network: Generator
    optimizer: torch.optim.Optimizer
    averages: MovingAverages
    guard: DivergenceGuard
    progress: Progress
    discriminators: Discriminators | None = None
    discriminator_optimizer: torch.optim.Optimizer | None = None
    settle: Callable[[], None] = lambda: None

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
                    f"{architecture(network)}: change network.variant and network.width",
                    field="init",
                )
            network.load_state_dict(start.state_dict())
        network = network.to(device)
        return cls(
            network,
            optimizer(network, recipe.optimiser.name, recipe, recipe.warm_up.rate),
            MovingAverages(network, recipe.ema),
            DivergenceGuard(recipe.guard.in_a_row),
            Progress(),
        )

    def begin_main(self, recipe: Recipe) -> None:
        """Enter the main stage: random discriminators, fresh optimizers and averages ([P] 4.2)."""
        self._add_discriminators(recipe)
        self.optimizer = optimizer(self.network, recipe.optimiser.name, recipe, recipe.main.rate)
        self.averages = MovingAverages(self.network, recipe.ema)
        self.guard.forget()
        self.progress.begin_main()

    def _add_discriminators(self, recipe: Recipe) -> None:
        device = next(self.network.parameters()).device
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed + 1)
            made = Discriminators(recipe.main.discriminator_width)
        made = made.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.discriminators = made
        rate = recipe.main.discriminator_rate
        self.discriminator_optimizer = optimizer(
            made, recipe.optimiser.discriminators, recipe, rate
        )

    def save(self, path: Path, recipe: dict[str, Any]) -> None:
        """Write a checkpoint, whole or not at all."""
        self.settle()
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
            except RuntimeError as error:  # torch's message does not say that the disk is full
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
            self._add_discriminators(recipe)
        for name, part in self._parts().items():
            if isinstance(part, torch.optim.Optimizer):
                field = "name" if name == "optimizer" else "discriminators"
                before = content.get("recipe", {}).get("optimiser", {}).get(field, "adam")
                if before == getattr(recipe.optimiser, field):  # else it starts afresh
                    load_optimizer(part, content[name])
                continue
            try:
                part.load_state_dict(content[name])
            except RuntimeError as error:
                raise TrainingError(
                    f"the {name} in {path} have other sizes than the recipe's: "
                    "is main.discriminator_width another?",
                    field="main.discriminator_width",
                ) from error
        self.averages.load_state_dict(content["averages"])
        self.guard.load_state_dict(content["guard"])


def _start(name: str) -> Generator:
    """Load what a run begins with: of a file of two sets the soft one, where the main stage began."""
    path = local_path(None if name == "shipped" else name)
    if not path.exists():
        close = nearest_name(name, ["shipped"])
        raise UsageError(
            f"init '{name}': no such file{close}: name a weights file, or shipped", field="init"
        )
    return load(path, None if read_card(path).sharpness is None else 0)


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
