"""The training loop: warm-up stage of the paper, to be read top to bottom."""

import json
import math
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import mean
from types import FrameType
from typing import Any, Protocol

import torch
from torch import Tensor

from .. import __version__
from ..devices import autocast, choose_device, choose_precision, keep_freed_memory
from ..errors import TrainingError
from ..files import make_folder, write_text
from ..losses.l1 import reconstruction
from ..network import Generator, build
from ..pictures import write_picture
from ..runtimes.torch import TorchRuntime
from ..weights import save
from .data import Samples
from .ema import MovingAverages
from .guard import DivergenceGuard
from .recipe import Recipe, check
from .schedule import learning_rate
from .state import CHECKPOINT, Progress, RunState
from .validation import Validation

MASKS_PER_PICTURE = 3


class Watcher(Protocol):
    """Shows a run to a person."""

    def line(self, text: str) -> None:
        """Say something once."""

    def progress(self, samples: int, total: int, left: float, text: str) -> None:
        """Show how far the run is; `left` in seconds."""


class Trainer:
    """One run in one folder.

    The folder holds `recipe.yaml` (as it is in effect), `checkpoint.pt`, `log.jsonl`, `best.
    safetensors` (the moving average that validated best) and `sheets/`.

    Args:
        recipe: what to do.
        output: the run's folder; a checkpoint in it is resumed.
        branch: another run's checkpoint to go on from, when `output` has none.
        watcher: told of progress.

    Raises:
        DeepginError: data, recipe, device or checkpoint cannot be used.
    """

    def __init__(
        self, recipe: Recipe, output: Path, watcher: Watcher, branch: Path | None = None
    ) -> None:
        check(recipe)
        keep_freed_memory()
        if recipe.threads:
            torch.set_num_threads(recipe.threads)
        self.recipe, self.output, self.watcher = recipe, output, watcher
        self.device = choose_device(recipe.device)
        self.precision = choose_precision(self.device, recipe.precision)
        self.samples = Samples(recipe.data, recipe.seed)
        watch = recipe.watch
        self.validation = (
            Validation(recipe.data.validation, watch.validation_pictures)
            if recipe.data.validation
            else None
        )
        self.state = fresh_state(recipe, self.device)
        self.stop_asked, self.validated = False, -1
        self._resume(branch)
        make_folder(output / "sheets")
        text = json.dumps(recipe.as_dict(), indent=2)  # which is YAML too
        write_text(output / "recipe.yaml", text + "\n")
        self.begun = replace(self.state.progress)

    def _resume(self, branch: Path | None) -> None:
        own = self.output / CHECKPOINT
        if own.exists():
            self.state.load(own)
            self.watcher.line(f"resumed {own} at {self.state.progress.samples} samples")
        elif branch is not None:
            self.state.load(branch)
            self.state.progress.best = 0.0  # the best of this folder
            self.watcher.line(f"branched from {branch} at {self.state.progress.samples} samples")

    def fit(self) -> None:
        """Train until the recipe's samples are done or the run is told to stop; save.

        Raises:
            TrainingError: the run diverged before its first checkpoint, or data cannot be used.
        """
        self._tell_size()
        with self._stopping_on_signals():
            while not self._train():
                self._go_back()
        if self.state.progress.samples >= self.recipe.samples:
            self._validate()
        self._save()

    def _train(self) -> bool:
        """Take steps; return False when the weights are lost, True when there is no more to do."""
        progress, watch = self.state.progress, self.recipe.watch
        last_save = time.monotonic()
        for pictures, masks in self.samples.batches(progress.pictures):
            if progress.samples >= self.recipe.samples or self.stop_asked:
                return True
            before = progress.samples
            self._step(pictures, masks)
            if self.state.guard.lost:
                return False
            if passed(before, progress.samples, watch.log_samples):
                self._log()
            if passed(before, progress.samples, watch.validate_samples):
                self._validate()
            if time.monotonic() - last_save > 60 * watch.save_minutes:
                self._save()
                last_save = time.monotonic()
        return True

    def _step(self, pictures: Tensor, masks: Tensor) -> None:
        """Take one step on P pictures, each under its masks of all kinds."""
        state, progress = self.state, self.state.progress
        begun = time.monotonic()
        image = pictures.to(self.device).repeat_interleave(MASKS_PER_PICTURE, 0)
        image = image.contiguous(memory_format=torch.channels_last)
        mask = masks.to(self.device).flatten(0, 1).unsqueeze(1)
        with autocast(self.device, self.precision):
            filled = state.network(image, mask)
        loss = reconstruction(filled, image, mask, self.recipe.optimiser.hole_weight)
        loss.backward()
        clip = self.recipe.optimiser.clip or float("inf")
        norm = torch.nn.utils.clip_grad_norm_(state.network.parameters(), clip)
        rate = self._rate()
        if state.guard.accepts(loss.item(), norm.item()):
            for group in state.optimizer.param_groups:
                group["lr"] = rate
            state.optimizer.step()
        state.optimizer.zero_grad()
        progress.steps += 1
        progress.steps_since_fresh += 1
        progress.samples += len(image)
        progress.pictures += len(pictures)
        state.averages.update(len(image), progress.samples)
        progress.seconds += time.monotonic() - begun

    def _rate(self) -> float:
        p = self.state.progress
        recipe = self.recipe
        rate = learning_rate(recipe.optimiser, p.steps_since_fresh, p.samples, recipe.samples)
        return rate * p.rate_factor

    def _go_back(self) -> None:
        """Return to the last checkpoint, with half the rate and other pictures.

        With the same, it would happen again.
        """
        path = self.output / CHECKPOINT
        if not path.exists():
            raise TrainingError("the run diverged before its first checkpoint: lower the rate")
        skipped, factor = self.state.guard.skipped, self.state.progress.rate_factor / 2
        self.state.load(path)
        self.state.guard.skipped, self.state.progress.rate_factor = skipped, factor
        self.state.progress.pictures += len(self.samples.entries)
        self.watcher.line(f"diverged: back to {path} with {factor:g} of the rate")

    def _log(self) -> None:
        """Write a line of means over the guard's window."""
        guard, p = self.state.guard, self.state.progress
        speed = (p.samples - self.begun.samples) / max(p.seconds - self.begun.seconds, 1e-9)
        facts = {
            "samples": p.samples,
            "steps": p.steps,
            "loss": mean(guard.losses or [math.nan]),
            "norm": mean(guard.norms or [math.nan]),
            "rate": self._rate(),
            "skipped": guard.skipped,
            "unreadable": len(self.samples.unreadable),
            "samples_per_second": speed,
        }
        self._write_log(facts)
        shown = ("loss", "norm", "rate", "samples_per_second")
        text = ", ".join(f"{name.replace('_', ' ')} {facts[name]:.4g}" for name in shown)
        left = (self.recipe.samples - p.samples) / speed
        self.watcher.progress(p.samples, self.recipe.samples, left, text)

    def _write_log(self, facts: dict[str, Any]) -> None:
        with open(self.output / "log.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(facts) + "\n")

    def _validate(self) -> None:
        """Measure each moving average; keep the best one's weights; draw a sheet of it."""
        if self.validation is None or self.validated == self.state.progress.samples:
            return
        self.validated = self.state.progress.samples
        p, averages = self.state.progress, self.state.averages
        runtimes = {half_life: self._averaged(half_life) for half_life in averages.half_lives}
        found = {h: self.validation.measure(runtime) for h, runtime in runtimes.items()}
        means = {h: mean(scores.values()) for h, scores in found.items()}
        best = max(means, key=lambda half_life: means[half_life])
        self._write_log({"samples": p.samples, "validation": found})
        shown = " / ".join(f"{score:.2f}" for score in found[best].values())
        self.watcher.line(f"{p.samples} samples: {shown} dB with half-life {best}")
        sheet = self.validation.sheet(runtimes[best])
        write_picture(sheet, self.output / "sheets" / f"{p.samples:09d}.png", overwrite=True)
        if means[best] > p.best:
            p.best = means[best]
            self.export(self.output / "best.safetensors", best)

    def _averaged(self, half_life: int) -> TorchRuntime:
        """Return a runtime of a moving average, whose memory it shares."""
        wanted = self.recipe.network
        with torch.device("meta"):
            network = Generator(wanted.variant, wanted.width)
        network.load_state_dict(self.state.averages.weights(half_life), assign=True)
        return TorchRuntime(network, str(self.device), self.recipe.precision)

    def export(self, path: Path, half_life: int) -> None:
        """Write a moving average as float16 weights with the facts of this run."""
        p = self.state.progress
        recipe = self.recipe.as_dict()
        for path_of_this_machine in ("train", "validation", "groups"):
            del recipe["data"][path_of_this_machine]
        facts = {
            "samples": p.samples,
            "half_life": half_life,
            "hours": round(p.seconds / 3600, 2),
            "recipe": recipe,
            "deepgin": __version__,
        }
        weights = self.state.averages.weights(half_life)
        save(self.state.network, path, training=facts, weights=weights)

    def _save(self) -> None:
        self.state.save(self.output / CHECKPOINT, self.recipe.as_dict())

    def _tell_size(self) -> None:
        parameters = sum(p.numel() for p in self.state.network.parameters())
        self.watcher.line(
            f"{len(self.samples.entries)} pictures, {parameters:,} parameters, {self.device}, "
            f"{str(self.precision).removeprefix('torch.')}, {torch.get_num_threads()} threads"
        )

    @contextmanager
    def _stopping_on_signals(self) -> Iterator[None]:
        """Let SIGTERM and Ctrl-C end the run after the step at hand, saved."""

        def ask(number: int, frame: FrameType | None) -> None:
            self.stop_asked = True

        numbers = (signal.SIGTERM, signal.SIGINT)
        before = [signal.signal(number, ask) for number in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)


def fresh_state(recipe: Recipe, device: torch.device) -> RunState:
    """Build network, optimizer and averages as they are before the first step."""
    torch.manual_seed(recipe.seed)
    wanted = recipe.network
    network = build(wanted.variant, wanted.width, initialisation=wanted.initialisation).to(device)
    o = recipe.optimiser
    betas = (o.beta1, o.beta2)
    optimizer = torch.optim.Adam(network.parameters(), o.rate, betas, fused=True)
    averages = MovingAverages(network, recipe.ema)
    return RunState(network, optimizer, averages, DivergenceGuard(), Progress())


def passed(before: int, now: int, every: int) -> bool:
    """Return whether a multiple of `every` lies in (before, now]."""
    return now // every > before // every
