"""The training loop: both stages of the paper, to be read top to bottom."""

import math
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import torch

from ..devices import choose_device, choose_precision, keep_freed_memory
from ..errors import DeepginError, TrainingError
from ..perceptual import Vgg
from .checkpoints import checkpoints, newest
from .checks import check
from .data import open_samples
from .log import Means, Silent, Watcher
from .memory import explained, prepare_network
from .objective import Objective
from .ranks import start_ranks
from .recipe import Recipe
from .run_folder import NoRunFolder, RunFolder
from .schedule import WARM_UP, Schedule, learning_rate
from .state import RunState
from .step import Rates, StepSetup, train_step
from .stopping import Stopped, StopSignals

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
        self.watcher = watcher if self.ranks.first else Silent()
        self.precision = choose_precision(device, recipe.precision)
        with explained():
            self.state = RunState.fresh(recipe, self.ranks.device)
        guided = bool(self.state.network.variant.guidance)
        self.samples = open_samples(
            recipe.data, recipe.seed, self.ranks.device, self.ranks.share, guided
        )
        self.schedule = Schedule.of(recipe, self.samples.pictures)
        self.objective = Objective(
            recipe.loss, self.ranks.device, self.precision, bool(self.schedule.main), perceptual
        )
        self.stop = StopSignals(self.ranks.share.ranks == 1)
        self.folder: NoRunFolder = (
            RunFolder(self.state, recipe, output, self.watcher, self.stop)
            if self.ranks.first
            else NoRunFolder()
        )
        self._resume(start)
        network = prepare_network(self.state.network, recipe.network)
        how = recipe.optimiser.clip, recipe.optimiser.accumulate
        self.setup = StepSetup(
            self.state, self.objective, self.ranks, self.precision, network, *how
        )
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
                f"the processes find other checkpoints in {self.output}: "
                "it must be on a disk that all of them see"
            )

    def fit(self) -> None:
        """Train until both stages are done or a signal stops the run; save.

        Raises:
            TrainingError: the run diverged and cannot or must not go back, or data cannot be used.
        """
        self._describe()
        with self.stop, closing(self.folder):
            try:
                together = self._train_to_the_end()
            except DeepginError:
                if not self.state.guard.lost:
                    self.folder.save_unsaved()  # where data ran out, what was learnt is kept
                raise
            self.folder.save()
            self.folder.keep_last()
            if together:
                self.ranks.wait()

    def _train_to_the_end(self) -> bool:
        """Train; return whether all processes of the run stopped at the same step."""
        try:
            with explained():
                self.folder.validate_missed()
                while not self._train():
                    self._go_back()
                if not self.stopping:
                    self.folder.validate()
        except Stopped:
            return self.ranks.share.ranks == 1
        return True

    def _train(self) -> bool:
        """Take steps; return False when the weights are lost, True when there is no more to do."""
        progress, watch = self.state.progress, self.recipe.watch
        for batch in self.stop.watched(
            self.samples.batches(progress.position(self.ranks.share.rank))
        ):
            if self._warm_up_is_over():
                self._begin_main()
            if self.samples_left <= 0 or self.stopping:
                return True
            self.folder.save_first()

            before, begun = progress.samples, time.monotonic()
            facts = train_step(self.setup, batch, self._rates(), lambda: self.stop.asked)
            progress.seconds += time.monotonic() - begun
            self.stopping = facts.pop("stopping") > 0
            self.unreadable += round(facts.pop("unreadable"))
            self.means.add(facts)

            if self.state.guard.lost:
                return False
            if passed(before, progress.samples, watch.log_samples):
                self._log()
            if passed(before, progress.samples, watch.validate_samples):
                self.folder.validate()
            self.folder.save_when_due()
        return True

    def _warm_up_is_over(self) -> bool:
        p = self.state.progress
        over = p.stage == WARM_UP and p.samples >= self.schedule.warm_up
        return over and bool(self.schedule.main)

    def _begin_main(self) -> None:
        """Enter the main stage; validate and keep the warm-up's weights first."""
        p = self.state.progress
        if p.stage_steps:
            self.folder.validate()
            self.folder.keep_last()
        self.state.begin_main(self.recipe)
        self.watcher.line(f"main stage from {p.samples} samples on")

    @property
    def samples_left(self) -> int:
        """Samples until the stage at hand ends."""
        p = self.state.progress
        length = self.schedule.warm_up if p.stage == WARM_UP else self.schedule.main
        return length - p.stage_samples

    def _rates(self) -> Rates:
        """Return the rates of the next step; the discriminators may have the first ones alone."""
        p, r, ramp = self.state.progress, self.recipe, self.recipe.optimiser.ramp_steps

        def now(rate: float, decay: int) -> float:
            left = self.samples_left
            return p.rate_factor * learning_rate(rate, ramp, p.stage_steps, left, decay)

        if p.stage == WARM_UP:
            return Rates(now(r.warm_up.rate, self.schedule.warm_up_decay), None)
        alone = p.stage_samples < self.schedule.discriminator_first
        decay = self.schedule.main_decay
        return Rates(
            None if alone else now(r.main.rate, decay), now(r.main.discriminator_rate, decay)
        )

    def _go_back(self) -> None:
        """Return to the last checkpoint, with half the rate and other pictures.

        With the same, it would happen again.
        """
        saved = checkpoints(self.output)
        if self.recipe.guard.then == "stop":
            raise TrainingError(
                f"the run diverged at {self.state.progress.samples} samples and guard.then is stop"
            )
        if not saved:
            raise TrainingError(
                "the run diverged and has no checkpoint to go back to: make room for one"
            )
        skipped, factor = self.state.guard.skipped, self.state.progress.rate_factor / 2
        if factor < _LEAST_FACTOR:
            raise TrainingError(
                f"the run diverges at any rate from {saved[0]} on: begin from an older checkpoint"
            )
        positions = self.state.progress.positions  # beyond the pictures that it diverged on
        self.state.load(saved[0], self.recipe)
        self.state.guard.skipped, self.state.progress.rate_factor = skipped, factor
        self.state.progress.positions = positions
        self.begun = replace(self.state.progress)
        self.watcher.line(f"diverged: back to {saved[0]} with {factor:g} of the rate")

    def _log(self) -> None:
        """Write a line of means since the last one."""
        p, means = self.state.progress, self.means.take()
        speed = (p.samples - self.begun.samples) / max(p.seconds - self.begun.seconds, 1e-9)
        rates = self._rates()
        facts = means | {
            "stage": p.stage,
            "steps": p.steps,
            "rate": rates.generator or 0.0,
            "skipped": self.state.guard.skipped,
            "unreadable": self.unreadable,
            "samples_per_second": speed,
        }
        self.folder.log(facts)
        names = ("l1", "perceptual", "style", "discriminators", "norm", "samples_per_second")
        shown = [f"{n.replace('_', ' ')} {facts[n]:.4g}" for n in names if n in facts]
        left = self.samples_left + (self.schedule.main if p.stage == WARM_UP else 0)
        text = ", ".join([f"step {p.steps}, {p.samples // 3} pictures", *shown])
        self.watcher.progress(p.samples, p.samples + left, left / speed, text)

    def _describe(self) -> None:
        parameters = sum(p.numel() for p in self.state.network.parameters())
        self.watcher.line(
            f"{self.samples.pictures or 'streamed'} pictures an epoch, {parameters:,} parameters, "
            f"{self.ranks.share.ranks} x {self.ranks.device}, "
            f"{str(self.precision).removeprefix('torch.')}, {torch.get_num_threads()} threads"
        )
        if missing := self.objective.missing_layers:
            self.watcher.line(f"the perceptual network lacks {', '.join(missing)}: left out")


def passed(before: int, now: int, every: int) -> bool:
    """Return whether a multiple of `every` lies in (before, now]."""
    return now // every > before // every
