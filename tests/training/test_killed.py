"""Runs as processes: they stop when told, and survive being killed at any moment."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from deepgin.commands import main
from deepgin.training.loop import Trainer
from deepgin.training.recipe import Recipe
from deepgin.training.run_folder import checkpoints

from .conftest import Quiet, endless, samples_in


def _start(recipe_file: Path, run: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "deepgin", "train"]
    return subprocess.Popen(
        [*command, "--recipe", str(recipe_file), "-o", str(run)],
        stdout=subprocess.DEVNULL,
    )


def _wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


class CtrlC(Quiet):
    def progress(self, samples: int, total: int, left: float, text: str) -> None:
        os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_saves(recipe: Recipe, tmp_path: Path) -> None:
    Trainer(endless(recipe), tmp_path / "run", CtrlC()).fit()
    assert samples_in(tmp_path / "run") == 6


def test_a_signal_saves_and_exits(recipe: Recipe, tmp_path: Path) -> None:
    recipe = endless(recipe)
    file, run = tmp_path / "recipe.yaml", tmp_path / "run"
    file.write_text(json.dumps(recipe.as_dict()))
    process = _start(file, run)
    _wait_for((run / "log.jsonl").exists)
    process.terminate()
    assert process.wait(60) == 0
    assert samples_in(run) >= 6


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["warm_up", "main"])
def test_kill_at_any_moment_leaves_a_loadable_checkpoint(
    recipe: Recipe, tmp_path: Path, stage: str
) -> None:
    """Killed over and over at moments of every kind, each time it goes on from where it was."""
    watch = replace(recipe.watch, save_minutes=0, log_samples=1)
    recipe = replace(endless(recipe), watch=watch)
    if stage == "main":
        later = replace(recipe.main, length=10**8, discriminator_width=4)
        recipe = replace(recipe, warm_up=replace(recipe.warm_up, length=0), main=later)
    file, run = tmp_path / "recipe.yaml", tmp_path / "run"
    file.write_text(json.dumps(recipe.as_dict()))
    seen = 0
    # Forked from one that has imported what takes longer than the rest; optimisers import dynamo.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["deepgin.commands.train", "torch._dynamo"])
    command = ["train", "--recipe", str(file), "-o", str(run)]
    for attempt in range(10):
        process = context.Process(target=main, args=(command,))
        process.start()
        _wait_for(lambda before=seen: _newest_number(run) > before)  # type: ignore[misc]
        time.sleep(0.013 * attempt)
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        found = samples_in(run)
        assert found > seen
        assert found == _newest_number(run)
        seen = found


def _newest_number(run: Path) -> int:
    found = checkpoints(run)
    return int(found[0].stem.split("-")[1]) if found else 0
