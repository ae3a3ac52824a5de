"""Whole small runs: they resume exactly, stop when told, go back when lost, survive being killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from deepgin.errors import DeepginError, TrainingError
from deepgin.perceptual import Vgg
from deepgin.training.checkpoints import BEST, checkpoints, newest
from deepgin.training.data import Samples
from deepgin.training.loop import Trainer
from deepgin.training.recipe import GuardRecipe, Recipe
from deepgin.training.state import read_checkpoint
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
    content = read_checkpoint(newest(run))
    del content["progress"]["seconds"], content["recipe"]
    return content


def _samples(run: Path) -> int:
    return read_checkpoint(newest(run))["progress"]["samples"]


class StopAt(Quiet):
    """A watcher that asks its trainer to stop once so many samples are done, as a signal would."""

    def __init__(self, samples: int) -> None:
        super().__init__()
        self.samples = samples
        self.trainer: Trainer | None = None

    def progress(self, samples: int, total: int, left: float, text: str) -> None:
        if samples >= self.samples and self.trainer is not None:
            self.trainer.stop.asked = True


@pytest.mark.parametrize("stop_at", [3, 12, 15, 18, 24])
def test_resumed_equals_uninterrupted(
    both_stages: Recipe, tiny_vgg: Vgg, tmp_path: Path, watcher: Quiet, stop_at: int
) -> None:
    """In the warm-up, at the change of stage, with the discriminators alone, and in the main."""
    recipe = replace(both_stages, watch=replace(both_stages.watch, log_samples=3))
    Trainer(recipe, tmp_path / "whole", watcher, perceptual=tiny_vgg).fit()
    stopper = StopAt(stop_at)
    stopper.trainer = Trainer(recipe, tmp_path / "parts", stopper, perceptual=tiny_vgg)
    stopper.trainer.fit()
    assert _samples(tmp_path / "parts") == stop_at
    Trainer(recipe, tmp_path / "parts", watcher, perceptual=tiny_vgg).fit()
    assert _samples(tmp_path / "parts") == 30
    assert _equal(_checkpoint(tmp_path / "parts"), _checkpoint(tmp_path / "whole"))
    assert any("resumed" in line for line in watcher.lines)


def test_a_folder_takes_one_run_at_a_time(recipe: Recipe, tmp_path: Path, watcher: Quiet) -> None:
    first = Trainer(recipe, tmp_path / "run", watcher)
    with pytest.raises(TrainingError, match="run is in use by another run"):
        Trainer(recipe, tmp_path / "run", watcher)
    first.fit()
    Trainer(recipe, tmp_path / "run", watcher)


def test_compiled_and_recomputed_it_is_the_same_run(
    both_stages: Recipe,
    tiny_vgg: Vgg,
    tmp_path: Path,
    watcher: Quiet,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Compiled as far as Python goes; the code that is made of it takes minutes to make."""
    real = torch.compile
    monkeypatch.setattr(torch, "compile", lambda network: real(network, backend="eager"))
    Trainer(both_stages, tmp_path / "plain", watcher, perceptual=tiny_vgg).fit()
    network = replace(both_stages.network, compile=True, recompute=True)
    recipe = replace(both_stages, network=network)
    Trainer(recipe, tmp_path / "compiled", watcher, perceptual=tiny_vgg).fit()
    assert _equal(_checkpoint(tmp_path / "compiled"), _checkpoint(tmp_path / "plain"))


def test_a_finished_run_stays_as_it_is(recipe: Recipe, tmp_path: Path, watcher: Quiet) -> None:
    Trainer(recipe, tmp_path / "run", watcher).fit()
    before = _checkpoint(tmp_path / "run")
    Trainer(recipe, tmp_path / "run", watcher).fit()
    assert _equal(_checkpoint(tmp_path / "run"), before)


def test_the_last_checkpoints_and_the_best_are_kept(
    both_stages: Recipe, tiny_vgg: Vgg, photos: Path, tmp_path: Path, watcher: Quiet
) -> None:
    data = replace(both_stages.data, validation=str(photos))
    watch = replace(both_stages.watch, save_minutes=0, validate_samples=6)
    recipe = replace(both_stages, data=data, watch=watch)
    Trainer(recipe, tmp_path / "run", watcher, perceptual=tiny_vgg).fit()
    kept = [int(path.stem.split("-")[1]) for path in checkpoints(tmp_path / "run")]
    assert kept == [30, 27]
    assert read_checkpoint(tmp_path / "run" / BEST)["progress"]["samples"] in range(6, 31, 6)
    for stage in ("warm_up", "main"):
        facts = read_card(tmp_path / "run" / f"best-{stage}.safetensors").training
        assert facts["stage"] == stage
        assert (facts["main_samples"] > 0) == (stage == "main")
    assert facts["samples"] == 30  # PSNR cannot judge the main stage: the newest counts


def test_progress_is_told_with_the_time_left(
    recipe: Recipe, tmp_path: Path, watcher: Quiet
) -> None:
    Trainer(recipe, tmp_path / "run", watcher).fit()
    assert [report[:2] for report in watcher.reports] == [(6, 24), (12, 24), (18, 24), (24, 24)]
    assert watcher.reports[0][2] > watcher.reports[-1][2] == 0
    log = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [entry["samples"] for entry in log] == [6, 12, 18, 24]
    assert all(entry["l1"] > 0 and entry["stage"] == "warm_up" for entry in log)


def test_validation_keeps_the_best_average(
    recipe: Recipe, photos: Path, tmp_path: Path, watcher: Quiet
) -> None:
    recipe = replace(recipe, data=replace(recipe.data, validation=str(photos)))
    Trainer(recipe, tmp_path / "run", watcher).fit()
    best = tmp_path / "run" / "best-warm_up.safetensors"
    facts = read_card(best).training
    assert facts["samples"] in (12, 24)
    assert facts["half_life"] in recipe.ema.half_lives
    assert str(photos) not in json.dumps(facts)  # no path of this machine in released weights
    assert load(best).name == "deepgin-prefill"
    assert len(list((tmp_path / "run" / "sheets").iterdir())) == 2
    lines = [json.loads(x) for x in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    found = next(line["validation"]["6"] for line in lines if "validation" in line)
    assert set(found) == {"psnr", "ssim", "l1_hole"}
    assert set(found["psnr"]) == {"rectangle", "freeform", "cellular"}


def test_branch_goes_on_from_another_run(recipe: Recipe, tmp_path: Path, watcher: Quiet) -> None:
    Trainer(recipe, tmp_path / "trunk", watcher).fit()
    branch = replace(recipe, warm_up=replace(recipe.warm_up, length=36, decay=12))
    Trainer(branch, tmp_path / "branch", watcher, tmp_path / "trunk").fit()
    assert _samples(tmp_path / "branch") == 36
    assert _samples(tmp_path / "trunk") == 24


def test_begins_with_given_weights(
    recipe: Recipe, tmp_path: Path, watcher: Quiet, weights: Path
) -> None:
    trainer = Trainer(replace(recipe, init=str(weights)), tmp_path / "run", watcher)
    begun, given = trainer.state.network.state_dict(), load(weights).state_dict()
    assert all(torch.equal(begun[name], given[name]) for name in given)
    average = trainer.state.averages.weights(6)
    assert all(torch.equal(average[name], given[name]) for name in given)
    other = replace(recipe, init=str(weights), network=replace(recipe.network, width=6))
    with pytest.raises(TrainingError, match="is deepgin-prefill of width 4, the recipe asks"):
        Trainer(other, tmp_path / "other", watcher)


def test_checkpoint_of_another_network_is_refused(
    both_stages: Recipe, tiny_vgg: Vgg, tmp_path: Path, watcher: Quiet
) -> None:
    run = tmp_path / "run"
    Trainer(both_stages, run, watcher, perceptual=tiny_vgg).fit()
    other = replace(both_stages, network=replace(both_stages.network, width=6))
    with pytest.raises(TrainingError, match="of width 4, the recipe asks for .* of width 6"):
        Trainer(other, run, watcher, perceptual=tiny_vgg)
    other = replace(both_stages, main=replace(both_stages.main, discriminator_width=6))
    with pytest.raises(TrainingError, match="discriminator_width"):
        Trainer(other, run, watcher, perceptual=tiny_vgg)


def test_a_recipe_that_changed_below_what_is_done_ends_at_once(
    both_stages: Recipe, tiny_vgg: Vgg, tmp_path: Path, watcher: Quiet
) -> None:
    run = tmp_path / "run"
    Trainer(both_stages, run, watcher, perceptual=tiny_vgg).fit()
    before = _checkpoint(run)
    for length in (6, 0):
        shorter = replace(both_stages, main=replace(both_stages.main, length=length))
        Trainer(shorter, run, watcher, perceptual=tiny_vgg).fit()
        for name in ("network", "discriminators", "averages", "progress"):
            assert _equal(_checkpoint(run)[name], before[name])


def test_another_programs_checkpoint_is_refused(
    recipe: Recipe, tmp_path: Path, watcher: Quiet
) -> None:
    torch.save({"progress": {}, "network": {}}, tmp_path / "other.pt")
    with pytest.raises(TrainingError, match=r"other\.pt is no checkpoint of a DeepGIN"):
        Trainer(recipe, tmp_path / "run", watcher, tmp_path / "other.pt")


@pytest.mark.parametrize("content", [b"", b"rubbish" * 99])
def test_damaged_checkpoint_is_named(
    recipe: Recipe, tmp_path: Path, watcher: Quiet, content: bytes
) -> None:
    run = tmp_path / "run"
    Trainer(recipe, run, watcher).fit()
    newest(run).write_bytes(content)
    with pytest.raises(TrainingError, match=newest(run).name):
        Trainer(recipe, run, watcher)


def test_a_lost_run_goes_back(recipe: Recipe, tmp_path: Path, watcher: Quiet) -> None:
    Trainer(recipe, tmp_path / "run", watcher).fit()
    longer = replace(recipe, warm_up=replace(recipe.warm_up, length=72))
    trainer = Trainer(longer, tmp_path / "run", watcher)
    good = {k: v.clone() for k, v in trainer.state.network.state_dict().items()}
    with torch.no_grad():
        trainer.state.network.stage1.out.bias.fill_(float("nan"))  # type: ignore[union-attr]
    assert not trainer._train()
    begun = trainer.state.progress.positions
    trainer._go_back()
    assert _equal(dict(trainer.state.network.state_dict()), good)
    assert trainer.state.progress.rate_factor == 0.5
    assert trainer.state.progress.positions == begun  # other pictures than those before
    assert trainer.state.guard.skipped == 10
    trainer.fit()
    assert trainer.state.progress.samples == 72
    assert all(p.isfinite().all() for p in trainer.state.network.parameters())


def test_a_run_that_is_lost_at_any_rate_ends(
    recipe: Recipe, tmp_path: Path, watcher: Quiet
) -> None:
    """Its checkpoint itself may be bad; it went back to it for ever."""
    trainer = Trainer(endless(recipe), tmp_path / "run", watcher)
    with torch.no_grad():
        trainer.state.network.stage1.out.bias.fill_(float("nan"))  # type: ignore[union-attr]
    assert trainer.records
    trainer.records.save()
    trainer.state.guard.limit = 1
    with pytest.raises(TrainingError, match="diverges at any rate from .*checkpoint-0000"):
        trainer.fit()


@pytest.mark.parametrize(
    ("guard", "message"),
    [
        (GuardRecipe(), "diverged before its first checkpoint"),
        (GuardRecipe(then="stop", in_a_row=3), "guard.then is stop"),
    ],
)
def test_a_lost_run_says_so(
    recipe: Recipe, tmp_path: Path, watcher: Quiet, guard: GuardRecipe, message: str
) -> None:
    trainer = Trainer(replace(recipe, guard=guard), tmp_path / "run", watcher)
    trainer.schedule = replace(trainer.schedule, warm_up=999)
    with torch.no_grad():
        trainer.state.network.stage1.out.bias.fill_(float("nan"))  # type: ignore[union-attr]
    with pytest.raises(TrainingError, match=message):
        trainer.fit()
    assert trainer.state.progress.steps == guard.in_a_row
    assert not checkpoints(tmp_path / "run")


def _full(content: object, path: Path) -> None:
    Path(path).write_bytes(b"half")
    raise OSError(28, "No space left on device")


def test_full_disk_leaves_the_old_checkpoint(
    recipe: Recipe, tmp_path: Path, watcher: Quiet, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    Trainer(recipe, run, watcher).fit()
    before = newest(run).read_bytes()
    monkeypatch.setattr(torch, "save", _full)
    longer = replace(recipe, warm_up=replace(recipe.warm_up, length=30))
    with pytest.raises(DeepginError, match="No space left"):
        Trainer(longer, run, watcher).fit()
    assert newest(run).read_bytes() == before
    names = {".lock", "recipe.yaml", "log.jsonl", "sheets", newest(run).name}
    assert {path.name for path in run.iterdir()} == names


def test_a_disk_that_is_full_for_a_while_does_not_end_the_run(
    recipe: Recipe, tmp_path: Path, watcher: Quiet, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(recipe, watch=replace(recipe.watch, save_minutes=0))
    real, calls = torch.save, []

    def full_at_first(content: object, path: Path) -> None:
        calls.append(path)
        _full(content, path) if len(calls) < 3 else real(content, path)

    monkeypatch.setattr(torch, "save", full_at_first)
    Trainer(recipe, tmp_path / "run", watcher).fit()
    assert _samples(tmp_path / "run") == 24
    assert sum("No space left" in line for line in watcher.lines) == 2


def test_data_that_fails_midway_loses_nothing(
    recipe: Recipe, tmp_path: Path, watcher: Quiet, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Samples.batches

    def failing(self: Samples, position: dict[str, int]):  # type: ignore[no-untyped-def]
        for number, batch in enumerate(real(self, position)):
            if number == 3:
                raise TrainingError("train-007.tar cannot be read")
            yield batch

    monkeypatch.setattr(Samples, "batches", failing)
    with pytest.raises(TrainingError, match="train-007"):
        Trainer(recipe, tmp_path / "run", watcher).fit()
    assert _samples(tmp_path / "run") == 9


def endless(recipe: Recipe) -> Recipe:
    return replace(recipe, warm_up=replace(recipe.warm_up, length=10**8))


def _start(recipe_file: Path, run: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "deepgin", "train"]
    return subprocess.Popen(
        [*command, "--recipe", str(recipe_file), "-o", str(run)],
        stdout=subprocess.DEVNULL,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def _wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_save_and_exit(recipe: Recipe, tmp_path: Path, number: int) -> None:
    recipe = endless(recipe)
    file, run = tmp_path / "recipe.yaml", tmp_path / "run"
    file.write_text(json.dumps(recipe.as_dict()))
    process = _start(file, run)
    _wait_for((run / "log.jsonl").exists)
    process.send_signal(number)
    assert process.wait(60) == 0
    assert _samples(run) >= 6


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["warm_up", "main"])
def test_kill_at_any_moment_leaves_a_loadable_checkpoint(
    recipe: Recipe, tmp_path: Path, stage: str
) -> None:
    """Killed over and over at moments of every kind, each time it goes on from where it was."""
    watch = replace(recipe.watch, save_minutes=0, log_samples=1)
    recipe = replace(endless(recipe), watch=watch)
    if stage == "main":
        main = replace(recipe.main, length=10**8, discriminator_width=4)
        recipe = replace(recipe, warm_up=replace(recipe.warm_up, length=0), main=main)
    file, run = tmp_path / "recipe.yaml", tmp_path / "run"
    file.write_text(json.dumps(recipe.as_dict()))
    seen = 0
    for attempt in range(10):
        process = _start(file, run)
        _wait_for(lambda before=seen: _newest_number(run) > before)  # type: ignore[misc]
        time.sleep(0.013 * attempt)
        process.kill()
        process.wait()
        found = _samples(run)
        assert found > seen
        assert found == _newest_number(run)
        seen = found


def _newest_number(run: Path) -> int:
    found = checkpoints(run)
    return int(found[0].stem.split("-")[1]) if found else 0
