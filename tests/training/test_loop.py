"""Whole small runs: they learn, resume exactly, stop when told, and survive being killed."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from deepgin.errors import DeepginError, TrainingError
from deepgin.training.loop import Trainer
from deepgin.training.recipe import Recipe
from deepgin.training.state import CHECKPOINT, read_checkpoint
from deepgin.weights import load, read_card

from .conftest import Quiet


def _equal(a: object, b: object) -> bool:
    if isinstance(a, torch.Tensor):
        return isinstance(b, torch.Tensor) and torch.equal(a, b)
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(_equal(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(_equal, a, b))  # type: ignore[arg-type]
    return a == b


def _checkpoint(run: Path) -> dict[str, object]:
    content = read_checkpoint(run / CHECKPOINT)
    del content["progress"]["seconds"], content["recipe"]
    return content


@pytest.mark.parametrize("stop_at", [3, 12, 21])
def test_resumed_equals_uninterrupted(
    recipe: Recipe, tmp_path: Path, watcher: Quiet, stop_at: int
) -> None:
    Trainer(recipe, tmp_path / "whole", watcher).fit()
    Trainer(replace(recipe, samples=stop_at), tmp_path / "parts", watcher).fit()
    assert _checkpoint(tmp_path / "parts")["progress"]["samples"] == stop_at  # type: ignore[index]
    Trainer(recipe, tmp_path / "parts", watcher).fit()
    assert _equal(_checkpoint(tmp_path / "parts"), _checkpoint(tmp_path / "whole"))
    assert any("resumed" in line for line in watcher.lines)


@pytest.mark.parametrize("variant", ["std-coarse", "std", "deepgin", "deepgin-prefill"])
def test_overfits_one_batch(recipe: Recipe, tmp_path: Path, watcher: Quiet, variant: str) -> None:
    network = replace(recipe.network, variant=variant)
    trainer = Trainer(replace(recipe, network=network), tmp_path / "run", watcher)
    pictures, masks = trainer.samples.batch(0)
    for _ in range(60):
        trainer._step(pictures, masks)
    losses = list(trainer.state.guard.losses)
    assert losses[-1] < 0.7 * losses[0]


def test_progress_is_told_with_the_time_left(
    recipe: Recipe, tmp_path: Path, watcher: Quiet
) -> None:
    Trainer(recipe, tmp_path / "run", watcher).fit()
    assert [report[:2] for report in watcher.reports] == [(6, 24), (12, 24), (18, 24), (24, 24)]
    assert watcher.reports[0][2] > watcher.reports[-1][2] == 0
    log = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [entry["samples"] for entry in log] == [6, 12, 18, 24]


def test_validation_keeps_the_best_average(
    recipe: Recipe, photos: Path, tmp_path: Path, watcher: Quiet
) -> None:
    recipe = replace(recipe, data=replace(recipe.data, validation=str(photos)))
    Trainer(recipe, tmp_path / "run", watcher).fit()
    best = tmp_path / "run" / "best.safetensors"
    facts = read_card(best).training
    assert facts["samples"] in (12, 24)
    assert facts["half_life"] in recipe.ema.half_lives
    assert str(photos) not in json.dumps(facts)  # no path of this machine in released weights
    assert load(best).name == "deepgin-prefill"
    assert len(list((tmp_path / "run" / "sheets").iterdir())) == 2


def test_branch_goes_on_from_another_run(recipe: Recipe, tmp_path: Path, watcher: Quiet) -> None:
    Trainer(recipe, tmp_path / "trunk", watcher).fit()
    decay = replace(recipe.optimiser, decay_samples=12)
    branch = replace(recipe, samples=36, optimiser=decay)
    Trainer(branch, tmp_path / "branch", watcher, tmp_path / "trunk" / CHECKPOINT).fit()
    assert _checkpoint(tmp_path / "branch")["progress"]["samples"] == 36  # type: ignore[index]
    assert _checkpoint(tmp_path / "trunk")["progress"]["samples"] == 24  # type: ignore[index]


def test_checkpoint_of_another_network_is_refused(
    recipe: Recipe, tmp_path: Path, watcher: Quiet
) -> None:
    Trainer(recipe, tmp_path / "run", watcher).fit()
    other = replace(recipe, network=replace(recipe.network, width=6))
    with pytest.raises(TrainingError, match="of width 4, the recipe asks for .* of width 6"):
        Trainer(other, tmp_path / "run", watcher)


@pytest.mark.parametrize("content", [b"", b"rubbish" * 99])
def test_damaged_checkpoint_is_named(
    recipe: Recipe, tmp_path: Path, watcher: Quiet, content: bytes
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / CHECKPOINT).write_bytes(content)
    with pytest.raises(TrainingError, match=CHECKPOINT):
        Trainer(recipe, tmp_path / "run", watcher)


def test_a_lost_run_goes_back(recipe: Recipe, tmp_path: Path, watcher: Quiet) -> None:
    Trainer(recipe, tmp_path / "run", watcher).fit()
    trainer = Trainer(replace(recipe, samples=72), tmp_path / "run", watcher)
    good = {k: v.clone() for k, v in trainer.state.network.state_dict().items()}
    with torch.no_grad():
        trainer.state.network.stage1.out.bias.fill_(float("nan"))
    assert not trainer._train()
    trainer._go_back()
    assert _equal(dict(trainer.state.network.state_dict()), good)
    assert trainer.state.progress.rate_factor == 0.5
    assert trainer.state.guard.skipped == 10
    trainer.fit()
    assert trainer.state.progress.samples == 72
    assert all(p.isfinite().all() for p in trainer.state.network.parameters())


def test_a_lost_run_without_a_checkpoint_says_so(
    recipe: Recipe, tmp_path: Path, watcher: Quiet
) -> None:
    trainer = Trainer(replace(recipe, samples=99), tmp_path / "run", watcher)
    with torch.no_grad():
        trainer.state.network.stage1.out.bias.fill_(float("nan"))
    with pytest.raises(TrainingError, match="diverged before its first checkpoint"):
        trainer.fit()


def test_full_disk_leaves_the_old_checkpoint(
    recipe: Recipe, tmp_path: Path, watcher: Quiet, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    Trainer(recipe, run, watcher).fit()
    before = (run / CHECKPOINT).read_bytes()

    def full(content: object, path: Path) -> None:
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(DeepginError, match="No space left"):
        Trainer(replace(recipe, samples=30), run, watcher).fit()
    assert (run / CHECKPOINT).read_bytes() == before
    assert sorted(p.name for p in run.iterdir()) == [
        CHECKPOINT,
        "log.jsonl",
        "recipe.yaml",
        "sheets",
    ]


def _start(recipe_file: Path, run: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "deepgin", "train"]
    return subprocess.Popen(
        [*command, "--recipe", str(recipe_file), "-o", str(run)],
        stdout=subprocess.DEVNULL,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def _wait_for(condition: object, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_save_and_exit(recipe: Recipe, tmp_path: Path, number: int) -> None:
    recipe = replace(recipe, samples=10**8)
    file, run = tmp_path / "recipe.yaml", tmp_path / "run"
    file.write_text(json.dumps(recipe.as_dict()))
    process = _start(file, run)
    _wait_for((run / "log.jsonl").exists)
    process.send_signal(number)
    assert process.wait(60) == 0
    assert read_checkpoint(run / CHECKPOINT)["progress"]["samples"] >= 6


@pytest.mark.slow
def test_kill_at_any_moment_leaves_a_loadable_checkpoint(recipe: Recipe, tmp_path: Path) -> None:
    recipe = replace(recipe, samples=10**8, watch=replace(recipe.watch, save_minutes=0))
    file, run = tmp_path / "recipe.yaml", tmp_path / "run"
    file.write_text(json.dumps(recipe.as_dict()))
    seen = 0
    for attempt in range(8):
        process = _start(file, run)
        before = (run / CHECKPOINT).stat().st_mtime_ns if attempt else 0
        _wait_for(lambda b=before: (run / CHECKPOINT).exists() and _age(run) > b)  # type: ignore[misc]
        time.sleep(0.037 * attempt)
        process.kill()
        process.wait()
        samples = read_checkpoint(run / CHECKPOINT)["progress"]["samples"]
        assert samples > seen
        seen = samples


def _age(run: Path) -> int:
    return (run / CHECKPOINT).stat().st_mtime_ns
