"""A run's folder: checkpoints, log, validations and best weights, written as the run goes on.

What cannot be written, on a disk that is full for a while, is reported and does not end the run.
"""

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import DeepginError, TrainingError
from ..files import hold, whole_file, write_text
from .log import RunLog, Watcher
from .processes import StopSignals
from .recipe import Recipe
from .state import RunState
from .validation import export, is_comparable, open_validation, runtime_of, validation_score

LOCK = ".lock"
BEST = "checkpoint-best.pt"


def name_of(samples: int) -> str:
    """Return a checkpoint's file name; names sort by samples."""
    return f"checkpoint-{samples:012d}.pt"


def checkpoints(folder: Path) -> list[Path]:
    """Return the folder's checkpoints, the newest first."""
    return sorted(folder.glob("checkpoint-[0-9]*.pt"), reverse=True)


def newest(path: Path) -> Path:
    """Return a checkpoint: the file itself, or the newest in a run's folder.

    Raises:
        TrainingError: there is none.
    """
    if path.is_dir():
        saved = checkpoints(path)
        if not saved:
            raise TrainingError(f"{path} holds no checkpoint")
        return saved[0]
    if not path.is_file():
        raise TrainingError(f"{path}: no such checkpoint")
    return path


def keep_as_best(path: Path) -> None:
    """Give a checkpoint a second name under which it stays when it is no longer among the newest.

    A link where the file system has them, else a copy.
    """
    with whole_file(path.with_name(BEST)) as temporary:
        try:
            os.link(path, temporary)
        except OSError:
            shutil.copyfile(path, temporary)


def last_weights(stage: str) -> str:
    """Return the name of the weights that a stage without validation leaves."""
    return f"last-{stage}.safetensors"


class RunFolder:
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
        for half_written in (".checkpoint-*.pt", ".best-*.safetensors"):  # by a killed run
            for path in self.output.glob(half_written):
                path.unlink(missing_ok=True)
        text = json.dumps(self.recipe.as_dict(), indent=2)  # which is YAML too
        write_text(self.output / "recipe.yaml", text + "\n")
        self.run_log = RunLog(self.output, self.recipe.watch.tensorboard)
        self.saved = self.state.progress.samples
        if self.recipe.watch.tensorboard and not self.run_log.board:
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
        """Write a checkpoint and remove old ones.

        Raises:
            DeepginError: it cannot be written; those that are there are as they were.
        """
        p = self.state.progress
        self.state.save(self.output / name_of(p.samples), self.recipe.as_dict())
        self.saved = p.samples
        for path in checkpoints(self.output)[self.recipe.watch.keep :]:
            path.unlink(missing_ok=True)

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
        """Make the validation that a stop has cut short; see `validate`."""
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
        best = max(scores, key=scores.__getitem__)
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
