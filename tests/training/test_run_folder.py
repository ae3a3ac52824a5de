"""A run's folder: what a full disk, a kill and a stop in the middle of a validation leave in it."""

import errno
import json
import math
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from deepgin.errors import TrainingError
from deepgin.training import run_folder
from deepgin.training.log import LOG, RunLog
from deepgin.training.loop import Trainer
from deepgin.training.recipe import EmaRecipe, Recipe
from deepgin.training.run_folder import BEST, checkpoints, keep_as_best, name_of, newest
from deepgin.training.state import RunState, read_checkpoint
from deepgin.training.validation import Validation

from .conftest import Quiet


@pytest.fixture
def validated(recipe: Recipe, photos: Path) -> Recipe:
    data = replace(recipe.data, validation=str(photos))
    return replace(recipe, data=data, ema=EmaRecipe(half_lives=[6]))


def _no_room(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _lines(run: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (run / LOG).read_text().splitlines()]


@pytest.mark.parametrize(
    ("place", "name", "missing"),
    [
        (RunLog, "write", LOG),
        (RunLog, "sheet", "sheets/000000000024.png"),
        (run_folder, "export", "best-warm_up.safetensors"),
        (run_folder, "keep_as_best", BEST),
    ],
)
def test_what_cannot_be_written_does_not_end_the_run(
    validated: Recipe,
    tmp_path: Path,
    watcher: Quiet,
    monkeypatch: pytest.MonkeyPatch,
    place: object,
    name: str,
    missing: str,
) -> None:
    monkeypatch.setattr(place, name, _no_room)
    once = replace(validated, watch=replace(validated.watch, validate_samples=24))
    trainer = Trainer(once, tmp_path / "run", watcher)
    trainer.fit()
    # Else nothing that is not better still would ever be written.
    assert (trainer.state.progress.best == -math.inf) == (name == "export")
    assert checkpoints(tmp_path / "run")[0].name == name_of(24)
    assert not (tmp_path / "run" / missing).exists()
    assert any("No space left" in line for line in watcher.lines)


def test_a_failed_checkpoint_gives_no_older_one_the_name_of_best(
    validated: Recipe, tmp_path: Path, watcher: Quiet, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(validated, watch=replace(validated.watch, validate_samples=24))
    trainer = Trainer(recipe, tmp_path / "run", watcher)
    trainer.folder.save()
    real = RunState.save

    def full(self: RunState, path: Path, recipe: dict[str, object]) -> None:
        if len(watcher.lines) < 3:
            raise TrainingError("no room")
        real(self, path, recipe)

    monkeypatch.setattr(RunState, "save", full)
    trainer.fit()
    assert any("no room" in line for line in watcher.lines)
    assert not (tmp_path / "run" / BEST).exists()


def test_a_validation_that_was_interrupted_is_made_good(
    validated: Recipe, tmp_path: Path, watcher: Quiet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one at 12 samples, midway, or the one at the end."""
    whole, real = tmp_path / "whole", Validation.measure
    Trainer(validated, whole, watcher).fit()
    for call, samples in ((4, 12), (8, 24)):
        parts = tmp_path / f"parts-{call}"
        trainer, calls = Trainer(validated, parts, watcher), []

        def measure(self, runtime, check, trainer=trainer, calls=calls, call=call):  # type: ignore[no-untyped-def]
            def counted() -> None:
                calls.append(1)
                trainer.stop.asked = len(calls) >= call
                check()

            return real(self, runtime, counted)

        with monkeypatch.context() as patch:
            patch.setattr(Validation, "measure", measure)
            trainer.fit()
        stopped = read_checkpoint(checkpoints(parts)[0])["progress"]
        assert stopped["samples"] == samples
        assert stopped["validated"] < samples
        Trainer(validated, parts, watcher).fit()
        validations = [[e for e in _lines(run) if "validation" in e] for run in (whole, parts)]
        assert validations[0] == validations[1]
        bests = [(run / "best-warm_up.safetensors").stat().st_size for run in (whole, parts)]
        assert bests[0] == bests[1]
        ends = [read_checkpoint(run / name_of(24))["progress"] for run in (whole, parts)]
        assert ends[0]["best"] == ends[1]["best"]


def test_newest_checkpoint_and_best(tmp_path: Path) -> None:
    for samples in (9, 100, 30):
        (tmp_path / name_of(samples)).write_text(str(samples))
    (tmp_path / f".{name_of(400)}").write_text("half")
    for samples in (9, 9, 30):  # again is no error
        keep_as_best(tmp_path / name_of(samples))
    assert [p.read_text() for p in checkpoints(tmp_path)] == ["100", "30", "9"]
    assert newest(tmp_path).read_text() == newest(tmp_path / name_of(100)).read_text() == "100"
    (tmp_path / name_of(30)).unlink()
    assert (tmp_path / BEST).read_text() == "30"
    (tmp_path / "empty").mkdir()
    for missing in (tmp_path / "nowhere.pt", tmp_path / "empty"):
        with pytest.raises(TrainingError, match=missing.name):
            newest(missing)


def test_leftovers_of_a_killed_run_go(recipe: Recipe, tmp_path: Path, watcher: Quiet) -> None:
    run = tmp_path / "run"
    run.mkdir()
    for name in (".checkpoint-000000000003.0a1b2c3d.pt", ".best-main.0a1b2c3d.safetensors"):
        (run / name).write_bytes(b"half")
    (run / LOG).write_bytes(b'{"samples": 3}\n{"samp')
    Trainer(recipe, run, watcher)
    assert {path.name for path in run.iterdir()} == {".lock", "recipe.yaml", LOG, "sheets"}
    assert _lines(run) == [{"samples": 3}]


def test_a_line_that_does_not_fit_leaves_the_log_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = RunLog(tmp_path, tensorboard=False)
    journal.write({"l1": 1.0}, 3)
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, lambda *_: None)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / LOG).stat().st_size + 5, hard))
        with pytest.raises(OSError, match="No space|too large"):
            journal.write({"l1": 2.0}, 6)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    journal.write({"l1": 3.0}, 9)
    assert [line["samples"] for line in _lines(tmp_path)] == [3, 9]


def test_tensorboard_that_failed_is_given_up(tmp_path: Path) -> None:
    """Its thread is gone; each later line would fail, and the log with it."""

    class Full:
        def add_scalar(self, *_: object) -> None:
            _no_room()

    journal = RunLog(tmp_path, tensorboard=False)
    journal.board = Full()
    with pytest.raises(OSError, match="TensorBoard's log ends here.*No space left"):
        journal.write({"l1": 1.0}, 3)
    journal.write({"l1": 2.0}, 6)
    journal.close()
    assert [line["samples"] for line in _lines(tmp_path)] == [3, 6]
