"""The training loop: both stages of the paper, to be read top to bottom."""

import math
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import torch

from ..devices import choose_device, choose_precision, keep_freed_memory
from ..errors import DeepginError, TrainingError
from ..perceptual import Vgg
from .checks import check
from .data import open_samples
from .forms import steps_of
from .log import Due, Means, Silent, Watcher
from .objective import Objective
from .processes import Stopped, StopSignals, start_ranks
from .recipe import Recipe
from .run_folder import RunFolder, checkpoints, newest
from .schedule import WARM_UP, Schedule
from .state import RunState
from .step import StepSetup, prepare_network

_LEAST_FACTOR = 1 / 1024
"""Of the rate; a run that diverges below it does so for another reason."""


class Trainer:
    """One run in one folder.

    The folder holds `recipe.yaml` (as it is in effect), the newest checkpoints and the one that
    validated best, `log.jsonl`, `sheets/`, and for each stage `best-STAGE.safetensors`, the moving
    average that validated best; without validation `last-STAGE.safetensors`, the newest.

    Args:
        recipe: what to do.
        output: the run's folder; the newest checkpoint in it is resumed.
        watcher: shows progress.
        branch: another run's folder or checkpoint to go on from, when `output` has none.
        perceptual: the perceptual network in place of the one that the recipe names.

    Raises:
        DeepginError: data, recipe, device or checkpoint cannot be used.
    """

    def __init__(
        self,
        recipe: Recipe,
        output: Path,
        watcher: Watcher,
        branch: Path | None = None,
        perceptual: Vgg | None = None,
    ) -> None:
        check(recipe)
        # Before anything is written, but not where it is no longer needed.
        start = None if branch is None or checkpoints(output) else newest(branch)
        keep_freed_memory()
        if recipe.threads:
            torch.set_num_threads(recipe.threads)
        device = choose_device(recipe.device)
        self.recipe, self.output = recipe, output
        self.ranks = start_ranks(device, recipe.devices, recipe.nodes)
        device = self.ranks.device
        self.watcher: Watcher | Silent = watcher if self.ranks.first else Silent()
        self.precision = choose_precision(device, recipe.precision)
        with explained():
            self.state = RunState.fresh(recipe, device)
        guided = bool(self.state.network.variant.guidance)
        self.samples = open_samples(
            recipe.data, recipe.seed, device, self.ranks.share, guided, self.watcher.line
        )
        self.schedule = Schedule(recipe, self.samples.pictures)
        objective = Objective(
            recipe.loss, device, self.precision, bool(self.schedule.main), perceptual
        )
        self.stop = StopSignals(self.ranks.alone)
        self.folder: RunFolder | Silent = (
            RunFolder(self.state, recipe, output, watcher, self.stop)
            if self.ranks.first
            else Silent()
        )
        self._resume(start)
        network = prepare_network(self.state.network, recipe.network)
        how = recipe.optimiser
        setup = StepSetup(
            self.state, objective, self.ranks, network, clip=how.clip, accumulate=how.accumulate
        )
        self.steps = steps_of(recipe, setup, self.schedule, self.stop, self.watcher)
        self.missing = objective.pictures.missing
        watch, gpu = recipe.watch, device.type == "cuda"
        log, validate = (  # by samples alone they would keep a GPU waiting
            (5.0 if gpu else 0.0) if watch.log_seconds is None else watch.log_seconds,
            (60.0 if gpu else 0.0) if watch.validate_seconds is None else watch.validate_seconds,
        )
        self.log_due = Due(watch.log_samples, log)
        self.validation_due = Due(watch.validate_samples, validate)
        self.folder.begin()
        self.means, self.stopping, self.unreadable = Means(), False, 0
        self.begun = replace(self.state.progress)

    def _resume(self, start: Path | None) -> None:
        own = checkpoints(self.output)
        if own:
            self.state.load(own[0], self.recipe)
            self.watcher.line(f"resumed {own[0]} at {self.state.progress.samples} samples")
        elif start is not None:
            self.state.load(start, self.recipe)
            self.state.progress.best = -math.inf  # the best of this folder
            self.watcher.line(f"branched from {start} at {self.state.progress.samples} samples")
        everyone = self.ranks.gather({"samples": self.state.progress.samples})
        if any(other != everyone[0] for other in everyone):
            raise TrainingError(
                f"the processes see different checkpoints in {self.output}: "
                "it must be on a disk that all of them see"
            )

    def fit(self) -> None:
        """Train until both stages are done or a signal stops the run; save.

        Raises:
            TrainingError: the run diverged and cannot or must not go back, or data cannot be used.
        """
        self._describe()
        with self.stop, closing(self.folder):
            together = True  # whether all processes stop at the same step
            try:
                with explained():
                    self.folder.validate_missed()
                    while not self._train():
                        self._go_back()
                    if not self.stopping:
                        self.folder.validate()
            except Stopped:
                together = self.ranks.alone
            except DeepginError:
                if not self.state.guard.lost:
                    self.folder.save_unsaved()  # where data ran out, what was learnt is kept
                raise
            self.folder.save()
            self.folder.keep_last()
            if together:
                self.ranks.wait()

    def _train(self) -> bool:
        """Take steps; return False when the weights are lost, True when there is no more to do."""
        progress = self.state.progress
        self.steps.begin()
        before = progress.samples
        position = progress.position(self.ranks.share.rank)
        for batch in self.stop.watched(self.samples.batches(position)):
            if self.schedule.main_is_due(progress):
                self._begin_main()
            if self.schedule.samples_left(progress) <= 0 or self.stopping:
                return True
            self.folder.save_first()

            begun = time.monotonic()
            facts = self.steps.take(batch)
            progress.seconds += time.monotonic() - begun
            if facts is None:  # the device is at work, and nothing is known yet
                continue
            self.stopping = facts.pop("stopping") > 0
            self.unreadable += round(facts.pop("unreadable"))
            self.means.add(facts)

            if self.state.guard.lost:
                return False
            if self.log_due(before, progress.samples):
                self._log()
            if self.validation_due(before, progress.samples):
                self.folder.validate()
            before = progress.samples
            if facts["accepted"] > 0.5:  # else the weights may be lost already
                self.folder.save_when_due()
        return True

    def _begin_main(self) -> None:
        """Enter the main stage; validate and keep the warm-up's weights first."""
        p = self.state.progress
        if p.stage_steps:
            self.folder.validate()
            self.folder.keep_last()
        self.state.begin_main(self.recipe)
        self.steps.begin()
        self.watcher.line(f"main stage from {p.samples} samples on")

    def _go_back(self) -> None:
        """Return to the last checkpoint, with half the rate and other pictures.

        With the same, it would happen again.
        """
        saved, before = checkpoints(self.output), self.state.progress
        if self.recipe.guard.then == "stop":
            raise TrainingError(
                f"the run diverged at {before.samples} samples and guard.then is stop"
            )
        if not saved:
            raise TrainingError(
                "the run diverged and has no checkpoint to go back to: make room for one"
            )
        skipped, factor = self.state.guard.skipped, before.rate_factor / 2
        if factor < _LEAST_FACTOR:
            raise TrainingError(
                f"the run diverges at any rate from {saved[0]} on: begin from an older checkpoint"
            )
        self.state.load(saved[0], self.recipe)
        self.state.guard.skipped, self.state.progress.rate_factor = skipped, factor
        self.state.progress.positions = before.positions  # beyond the pictures it diverged on
        self.begun = replace(self.state.progress)
        self.watcher.line(f"diverged: back to {saved[0]} with {factor:g} of the rate")

    def _log(self) -> None:
        """Write a line of means since the last one."""
        p, means = self.state.progress, self.means.take()
        speed = (p.samples - self.begun.samples) / max(p.seconds - self.begun.seconds, 1e-9)
        facts = means | {
            "stage": p.stage,
            "steps": p.steps,
            "rate": self.schedule.rates(p).generator or 0.0,
            "skipped": self.state.guard.skipped,
            "unreadable": self.unreadable,
            "samples_per_second": speed,
        }
        self.folder.log(facts)
        names = ("l1", "perceptual", "style", "discriminators", "norm", "samples_per_second")
        shown = [f"{n.replace('_', ' ')} {facts[n]:.4g}" for n in names if n in facts]
        left = self.schedule.samples_left(p) + (self.schedule.main if p.stage == WARM_UP else 0)
        text = ", ".join([f"step {p.steps}, {p.samples // 3} pictures", *shown])
        self.watcher.progress(p.samples, p.samples + left, left / speed, text)

    def _describe(self) -> None:
        parameters = sum(p.numel() for p in self.state.network.parameters())
        self.watcher.line(
            f"{self.samples.pictures or 'streamed'} pictures an epoch, {parameters:,} parameters, "
            f"{self.ranks.share.ranks} x {self.ranks.device}, "
            f"{str(self.precision).removeprefix('torch.')}, {torch.get_num_threads()} threads"
        )
        if self.missing:
            self.watcher.line(f"the perceptual network lacks {', '.join(self.missing)}: left out")


@contextmanager
def explained() -> Iterator[None]:
    """Turn running out of memory into one line that says what takes less.

    Raises:
        TrainingError: there is not enough memory.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        known = isinstance(error, MemoryError | torch.OutOfMemoryError)
        if not known and "allocate memory" not in str(error):  # so says torch on CPUs
            raise
        raise TrainingError(
            "there is not enough memory: lower data.pictures_per_step, data.size or "
            "network.width, raise optimiser.accumulate, or set network.recompute"
        ) from error
