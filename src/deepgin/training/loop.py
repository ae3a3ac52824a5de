"""The training loop: both stages of the paper, to be read top to bottom."""

import json
import math
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

import torch

from ..devices import choose_device, choose_precision, keep_freed_memory
from ..errors import DeepginError, TrainingError
from ..files import write_text
from ..perceptual import Vgg
from .checkpoints import checkpoints, forget_old, keep_as_best, name_of, newest
from .data import Batch, open_samples
from .journal import Journal, Means, Silent, Watcher
from .lock import hold
from .memory import prepare_network
from .objective import Objective
from .ranks import start_ranks
from .recipe import Recipe, check
from .releases import export, judged, open_validation, runtime_of
from .schedule import WARM_UP, Schedule, learning_rate
from .state import RunState
from .step import Rates, Step


class Trainer:
    """One run in one folder.

    The folder holds `recipe.yaml` (as it is in effect), the newest checkpoints and the one that
    validated best, `log.jsonl`, `sheets/`, and for each stage `best-STAGE.safetensors`, the moving
    average that validated best.

    Args:
        recipe: what to do.
        output: the run's folder; the newest checkpoint in it is resumed.
        watcher: told of progress.
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
        keep_freed_memory()
        if recipe.threads:
            torch.set_num_threads(recipe.threads)
        device = choose_device(recipe.device)
        self.recipe, self.output = recipe, output
        self.ranks = start_ranks(device, recipe.devices, recipe.nodes)
        self.watcher = watcher if self.ranks.first else Silent()
        self.precision = choose_precision(device, recipe.precision)
        self.state = RunState.fresh(recipe, self.ranks.device)
        guided = bool(self.state.network.variant.guidance)
        self.samples = open_samples(
            recipe.data, recipe.seed, self.ranks.device, self.ranks.share, guided
        )
        self.schedule = Schedule.of(recipe, self.samples.pictures)
        self.objective = Objective(
            recipe.loss, self.ranks.device, self.precision, bool(self.schedule.main), perceptual
        )
        self.validation = open_validation(recipe) if self.ranks.first else None
        self.lock = hold(output) if self.ranks.first else None
        self._resume(branch)
        network = prepare_network(self.state.network, recipe.network)
        o = recipe.optimiser
        self.step = Step(
            self.state, self.objective, self.ranks, self.precision, o.clip, o.accumulate, network
        )
        if self.ranks.first:
            text = json.dumps(recipe.as_dict(), indent=2)  # which is YAML too
            write_text(output / "recipe.yaml", text + "\n")
            self.journal = Journal(output, recipe.watch.tensorboard)
        self.means, self.stop_asked, self.validated, self.unreadable = Means(), False, -1, 0
        self.begun = replace(self.state.progress)

    def _resume(self, branch: Path | None) -> None:
        own = checkpoints(self.output)
        if own:
            self.state.load(own[0], self.recipe)
            self.watcher.line(f"resumed {own[0]} at {self.state.progress.samples} samples")
        elif branch is not None:
            path = newest(branch)
            self.state.load(path, self.recipe)
            self.state.progress.best = -math.inf  # the best of this folder
            self.watcher.line(f"branched from {path} at {self.state.progress.samples} samples")

    def fit(self) -> None:
        """Train until both stages are done or the run is told to stop; save.

        Raises:
            TrainingError: the run diverged and cannot or must not go back, or data cannot be used.
        """
        self._tell_size()
        try:
            with self._stopping_on_signals():
                while not self._train():
                    self._go_back()
        except DeepginError:
            if not self.state.guard.lost:
                self._save()  # data ran out, say: what was learnt is not lost with it
            raise
        if not self.stop_asked:
            self._validate()
        self._save()
        self.ranks.wait()
        if self.ranks.first:
            self.journal.close()
        if self.lock:
            self.lock.close()

    def _train(self) -> bool:
        """Take steps; return False when the weights are lost, True when there is no more to do."""
        progress, watch = self.state.progress, self.recipe.watch
        last_save = time.monotonic()
        for batch in self.samples.batches(progress.position(self.ranks.share.rank)):
            self._change_stage()
            if self.samples_left <= 0 or self.stop_asked:
                return True
            before = progress.samples
            self._step(batch)
            if self.state.guard.lost:
                return False
            if passed(before, progress.samples, watch.log_samples):
                self._log()
            if passed(before, progress.samples, watch.validate_samples):
                self._validate()
            if time.monotonic() - last_save > 60 * watch.save_minutes:
                self._save(patient=True)
                last_save = time.monotonic()
        return True

    def _change_stage(self) -> None:
        """Enter the main stage once the warm-up is done and one is wanted."""
        p = self.state.progress
        if p.stage == WARM_UP and p.samples >= self.schedule.warm_up and self.schedule.main:
            if p.stage_steps:
                self._validate()
            self.state.begin_main(self.recipe)
            self.watcher.line(f"main stage from {p.samples} samples on")

    @property
    def samples_left(self) -> int:
        """Samples until the stage at hand ends."""
        p = self.state.progress
        length = self.schedule.warm_up if p.stage == WARM_UP else self.schedule.main
        return length - p.stage_samples

    def _step(self, batch: Batch) -> None:
        p = self.state.progress
        begun = time.monotonic()
        rates = self._rates()
        facts = self.step(batch, rates, self.stop_asked)
        self.stop_asked = self.stop_asked or facts.pop("stopping") > 0
        self.unreadable += round(facts.pop("unreadable"))
        self.means.add(facts)
        samples = batch.masks.shape[0] * batch.masks.shape[1] * self.ranks.share.ranks
        p.steps += 1
        p.stage_steps += 1
        p.samples += samples
        p.positions = self.ranks.gather(batch.position)
        if rates.generator is not None:
            self.state.averages.update(samples, p.stage_samples)
        p.seconds += time.monotonic() - begun

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
        found = checkpoints(self.output)
        if self.recipe.guard.then == "stop":
            raise TrainingError(
                f"the run diverged at {self.state.progress.samples} samples and guard.then is stop"
            )
        if not found:
            raise TrainingError("the run diverged before its first checkpoint: lower the rate")
        skipped, factor = self.state.guard.skipped, self.state.progress.rate_factor / 2
        positions = self.state.progress.positions  # beyond the pictures that it diverged on
        self.state.load(found[0], self.recipe)
        self.state.guard.skipped, self.state.progress.rate_factor = skipped, factor
        self.state.progress.positions = positions
        self.watcher.line(f"diverged: back to {found[0]} with {factor:g} of the rate")

    def _log(self) -> None:
        """Write a line of means since the last one."""
        p, means = self.state.progress, self.means.take()
        if not self.ranks.first:
            return
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
        self.journal.write(facts, p.samples)
        names = ("l1", "perceptual", "style", "discriminators", "norm", "samples_per_second")
        shown = [f"{n.replace('_', ' ')} {facts[n]:.4g}" for n in names if n in facts]
        left = self.samples_left + (self.schedule.main if p.stage == WARM_UP else 0)
        text = ", ".join([f"step {p.steps}, {p.samples // 3} pictures", *shown])
        self.watcher.progress(p.samples, p.samples + left, left / speed, text)

    def _validate(self) -> None:
        """Measure each moving average; keep the best one's weights; draw a sheet of it."""
        p, averages = self.state.progress, self.state.averages
        if self.validation is None or self.validated == p.samples:
            return
        self.validated = p.samples
        runtimes = {h: runtime_of(self.state, h, self.recipe) for h in averages.half_lives}
        found = {h: self.validation.measure(runtime) for h, runtime in runtimes.items()}
        scores = {h: judged(metrics, p.stage) for h, metrics in found.items()}
        best = max(scores, key=lambda half_life: scores[half_life])
        self.journal.write({"stage": p.stage, "validation": found}, p.samples)
        shown = " / ".join(f"{value:.2f}" for value in found[best]["psnr"].values())
        self.watcher.line(f"{p.samples} samples: {shown} dB with half-life {best}")
        self.journal.sheet(self.validation.sheet(runtimes[best]), p.samples)
        if scores[best] > p.best:
            p.best = scores[best]
            export(self.state, self.output / f"best-{p.stage}.safetensors", best, self.recipe)
            self._save(patient=True)
            if found_now := checkpoints(self.output):
                keep_as_best(found_now[0])

    def _save(self, patient: bool = False) -> None:
        """Write a checkpoint; a patient one that fails is tried again at the next time."""
        if not self.ranks.first:
            return
        path = self.output / name_of(self.state.progress.samples)
        try:
            self.state.save(path, self.recipe.as_dict())
        except DeepginError as error:
            if not patient:
                raise
            self.watcher.line(f"not saved, the run goes on: {error}")
            return
        forget_old(self.output, self.recipe.watch.keep)

    def _tell_size(self) -> None:
        parameters = sum(p.numel() for p in self.state.network.parameters())
        self.watcher.line(
            f"{self.samples.pictures or 'streamed'} pictures an epoch, {parameters:,} parameters, "
            f"{self.ranks.share.ranks} x {self.ranks.device}, "
            f"{str(self.precision).removeprefix('torch.')}, {torch.get_num_threads()} threads"
        )
        if missing := self.objective.missing_layers:
            self.watcher.line(f"the perceptual network lacks {', '.join(missing)}: left out")
        if self.ranks.first and self.recipe.watch.tensorboard and not self.journal.has_board:
            self.watcher.line("no TensorBoard log: pip install 'deepgin[train]' brings it")

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


def passed(before: int, now: int, every: int) -> bool:
    """Return whether a multiple of `every` lies in (before, now]."""
    return now // every > before // every
