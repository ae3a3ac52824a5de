"""A run's folder: checkpoints, log, validations and best weights, written as the run goes on.

What cannot be written, on a disk that is full for a while, is reported and does not end the run.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import DeepginError, TrainingError
from ..files import hold, write_text
from .checkpoints import checkpoints, clear_unfinished, forget_old, keep_as_best, name_of
from .log import RunLog, Watcher
from .recipe import Recipe
from .releases import export, is_comparable, open_validation, runtime_of, validation_score
from .state import RunState
from .stopping import StopSignals

LOCK = ".lock"


def last_weights(stage: str) -> str:
    """Return the name of the weights that a stage without validation leaves."""
    return f"last-{stage}.safetensors"


class NoRunFolder:
    """The run folder of all processes but the first: writes nothing."""

    def begin(self) -> None:
        """Do nothing, like all that follow."""

    def close(self) -> None: ...

    def log(self, facts: dict[str, Any]) -> None: ...

    def save(self) -> None: ...

    def save_first(self) -> None: ...

    def save_when_due(self) -> None: ...

    def save_unsaved(self) -> None: ...

    def validate(self) -> None: ...

    def validate_missed(self) -> None: ...

    def keep_last(self) -> None: ...


class RunFolder(NoRunFolder):
    """The folder of one run, for the process that writes it.

    Args:
        state: the run's; what is saved, measured and exported.
        recipe: the run's.
        output: the folder.
        watcher: shows what is written.
        stop: ends a validation midway; the run that goes on makes it at its start.

    Raises:
        DeepginError: validation pictures cannot be used, or another run is in the folder.
    """

    def __init__(
        self, state: RunState, recipe: Recipe, output: Path, watcher: Watcher, stop: StopSignals
    ) -> None:
        self.state, self.recipe, self.output = state, recipe, output
        self.watcher, self.stop = watcher, stop
        self.validation = open_validation(recipe)
        self.saved = -1
        """Samples at the newest checkpoint."""
        self.saved_at, self.rooted = time.monotonic(), False
        taken = f"{output} is in use by another run: wait for its end, or choose another folder"
        self._lock = hold(output / LOCK, TrainingError(taken))

    def begin(self) -> None:
        """Write the recipe as it is in effect, and open the log.

        Raises:
            DeepginError: the folder cannot be written.
        """
        clear_unfinished(self.output)
        text = json.dumps(self.recipe.as_dict(), indent=2)  # which is YAML too
        write_text(self.output / "recipe.yaml", text + "\n")
        self.run_log = RunLog(self.output, self.recipe.watch.tensorboard)
        self.saved = self.state.progress.samples
        if self.recipe.watch.tensorboard and not self.run_log.has_board:
            self.watcher.line("no TensorBoard log: pip install 'deepgin[train]' brings it")

    def close(self) -> None:
        """Let go of the folder."""
        with self._patient("a line of its log"):
            self.run_log.close()
        self._lock.close()

    @contextmanager
    def _patient(self, what: str) -> Iterator[None]:
        try:
            yield
        except (DeepginError, OSError) as error:
            self.watcher.line(f"the run goes on without {what}: {error}")

    def log(self, facts: dict[str, Any]) -> None:
        """Add a line to the log."""
        with self._patient("a line of its log"):
            self.run_log.write(facts, self.state.progress.samples)

    def save(self) -> None:
        """Write a checkpoint and forget old ones.

        Raises:
            DeepginError: it cannot be written; those that are there are as they were.
        """
        p = self.state.progress
        self.state.save(self.output / name_of(p.samples), self.recipe.as_dict())
        self.saved = p.samples
        forget_old(self.output, self.recipe.watch.keep)

    def save_first(self) -> None:
        """Save if there is no checkpoint yet, for a run that diverges before the first is due."""
        if not self.rooted and not checkpoints(self.output):
            self._try_to_save()
        self.rooted = True

    def save_when_due(self) -> None:
        """Save if the last time is longer ago than the recipe allows."""
        if time.monotonic() - self.saved_at > 60 * self.recipe.watch.save_minutes:
            self._try_to_save()
            self.saved_at = time.monotonic()

    def save_unsaved(self) -> None:
        """Save if steps were taken since the last checkpoint: an error is about to end the run."""
        if self.state.progress.samples != self.saved:
            self._try_to_save()

    def _try_to_save(self) -> None:
        with self._patient("a checkpoint"):
            self.save()

    def validate_missed(self) -> None:
        """Make the validation that a stop has cut short.

        Raises:
            Stopped: as of `validate`.
        """
        p, every = self.state.progress, self.recipe.watch.validate_samples
        if p.samples // every > max(p.validated, p.stage_begun) // every:
            self.validate()

    def validate(self) -> None:
        """Measure each moving average; keep the best one's weights; draw a sheet of it.

        Raises:
            Stopped: a signal came meanwhile; nothing is changed.
        """
        p, averages = self.state.progress, self.state.averages
        if self.validation is None or p.validated == p.samples:
            return
        runtimes = {h: runtime_of(self.state, h, self.recipe) for h in averages.half_lives}
        metrics_of = {h: self.validation.measure(r, self.stop.check) for h, r in runtimes.items()}
        scores = {h: validation_score(metrics) for h, metrics in metrics_of.items()}
        best = max(scores, key=lambda half_life: scores[half_life])
        p.validated = p.samples
        self.log({"stage": p.stage, "validation": metrics_of})
        shown = " / ".join(f"{value:.2f}" for value in metrics_of[best]["psnr"].values())
        self.watcher.line(f"{p.samples} samples: {shown} dB with half-life {best}")
        with self._patient("a sheet of samples"):
            self.run_log.sheet(self.validation.sheet(runtimes[best]), p.samples)
        if scores[best] > p.best or not is_comparable(metrics_of[best], p.stage):
            self._keep(best, scores[best])

    def keep_last(self) -> None:
        """Without validation, which keeps the best weights, keep the stage's last ones.

        Of the slowest average: it follows the samples seen, so that it is never of the start.
        """
        p = self.state.progress
        if self.validation is None and p.stage_steps:
            half_life = max(self.state.averages.half_lives)
            with self._patient("its last weights"):
                export(self.state, self.output / last_weights(p.stage), half_life, self.recipe)

    def _keep(self, half_life: int, score: float) -> None:
        """Keep the weights of an average that is the best so far, and a checkpoint with them."""
        p = self.state.progress
        with self._patient("its best weights"):
            export(self.state, self.output / f"best-{p.stage}.safetensors", half_life, self.recipe)
            p.best = score  # not before, so that the next good one is written in place of this
            self.save()
            keep_as_best(checkpoints(self.output)[0])
