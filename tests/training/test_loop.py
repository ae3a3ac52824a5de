"""Whole small runs: they resume exactly, keep what is best, and go on from others."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from deepgin.errors import TrainingError
from deepgin.perceptual import Vgg
from deepgin.training.loop import Trainer
from deepgin.training.recipe import EmaRecipe, Recipe
from deepgin.training.run_folder import BEST, checkpoints, newest
from deepgin.training.state import read_checkpoint
from deepgin.weights import load, read_card

from .conftest import Quiet, checkpoint_of, equal, samples_in


class StopAt(Quiet):
    """A watcher that asks its trainer to stop once so many samples are done, as a signal would."""

    def __init__(self, samples: int) -> None:
        super().__init__()
        self.samples = samples
        self.trainer: Trainer | None = None

    def progress(self, samples: int, total: int, left: float, text: str) -> None:
        if samples >= self.samples and self.trainer is not None:
            self.trainer.stop.asked = True


@pytest.mark.parametrize(
    ("optimiser", "stops"),
    # In the warm-up, at the change of stage, with the discriminators alone, and in the main.
    [("adam", (3, 12, 15, 18, 24)), ("muon", (24,))],
)
def test_resumed_equals_uninterrupted(
    both_stages: Recipe,
    tiny_vgg: Vgg,
    tmp_path: Path,
    watcher: Quiet,
    optimiser: str,
    stops: tuple[int, ...],
) -> None:
    recipe = replace(
        both_stages,
        watch=replace(both_stages.watch, log_samples=3),
        optimiser=replace(both_stages.optimiser, name=optimiser),
    )
    Trainer(recipe, tmp_path / "whole", watcher, perceptual=tiny_vgg).fit()
    whole = checkpoint_of(tmp_path / "whole")
    for stop_at in stops:
        parts, stopper, resumed = tmp_path / str(stop_at), StopAt(stop_at), Quiet()
        stopper.trainer = Trainer(recipe, parts, stopper, perceptual=tiny_vgg)
        stopper.trainer.fit()
        assert samples_in(parts) == stop_at
        Trainer(recipe, parts, resumed, perceptual=tiny_vgg).fit()
        assert samples_in(parts) == 30
        assert equal(checkpoint_of(parts), whole)
        assert any("resumed" in line for line in resumed.lines)


@pytest.mark.parametrize("field", ["name", "discriminators"])
@pytest.mark.parametrize("names", [("adam", "muon"), ("muon", "adam")])
def test_another_optimizer_starts_afresh_and_alone(
    both_stages: Recipe,
    tiny_vgg: Vgg,
    tmp_path: Path,
    watcher: Quiet,
    names: tuple[str, str],
    field: str,
) -> None:
    for name, length in zip(names, (12, 18), strict=True):
        recipe = replace(
            both_stages,
            warm_up=replace(both_stages.warm_up, length=0),
            optimiser=replace(both_stages.optimiser, **{field: name}),
            main=replace(both_stages.main, length=length),
        )
        trainer = Trainer(recipe, tmp_path / "run", watcher, perceptual=tiny_vgg)
        both = {"name": trainer.state.optimizer}
        both["discriminators"] = trainer.state.discriminator_optimizer
        resumed = {key for key, optimizer in both.items() if optimizer and optimizer.state}
        assert resumed == (both.keys() - {field} if length == 18 else set())
        trainer.fit()
    assert samples_in(tmp_path / "run") == 18


def test_a_folder_takes_one_run_at_a_time(recipe: Recipe, tmp_path: Path, watcher: Quiet) -> None:
    first = Trainer(recipe, tmp_path / "run", watcher)
    with pytest.raises(TrainingError, match="run"):
        Trainer(recipe, tmp_path / "run", watcher)
    first.fit()
    Trainer(recipe, tmp_path / "run", watcher)


def test_the_last_checkpoints_and_the_best_are_kept(
    both_stages: Recipe, tiny_vgg: Vgg, photos: Path, tmp_path: Path, watcher: Quiet
) -> None:
    data = replace(both_stages.data, validation=str(photos))
    watch = replace(both_stages.watch, save_minutes=0, validate_samples=10)
    recipe = replace(both_stages, data=data, watch=watch, ema=EmaRecipe(half_lives=[6]))
    Trainer(recipe, tmp_path / "run", watcher, perceptual=tiny_vgg).fit()
    kept = [int(path.stem.split("-")[1]) for path in checkpoints(tmp_path / "run")]
    assert kept == [30, 27]
    assert read_checkpoint(tmp_path / "run" / BEST)["progress"]["samples"] in (12, 21, 30)
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
    # Nothing was validated: the last weights stay.
    assert read_card(tmp_path / "run" / "last-warm_up.safetensors").training["samples"] == 24


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
    assert samples_in(tmp_path / "branch") == 36
    assert samples_in(tmp_path / "trunk") == 24


def test_begins_with_given_weights(
    recipe: Recipe, tmp_path: Path, watcher: Quiet, weights: Path
) -> None:
    trainer = Trainer(replace(recipe, init=str(weights)), tmp_path / "run", watcher)
    begun, given = trainer.state.network.state_dict(), load(weights).state_dict()
    assert all(torch.equal(begun[name], given[name]) for name in given)
    average = trainer.state.averages.weights(6)
    assert all(torch.equal(average[name], given[name]) for name in given)
    other = replace(recipe, init=str(weights), network=replace(recipe.network, width=6))
    with pytest.raises(TrainingError, match="of width 4.*of width 6"):
        Trainer(other, tmp_path / "other", watcher)


def test_of_two_sets_it_begins_with_the_soft_one(
    recipe: Recipe, tmp_path: Path, watcher: Quiet, stages
) -> None:
    wanted = load(stages.both, 0).state_dict()
    assert not all(
        torch.equal(wanted[name], t) for name, t in load(stages.both).state_dict().items()
    )
    begun = Trainer(replace(recipe, init=str(stages.both)), tmp_path / "run", watcher).state
    assert all(torch.equal(wanted[name], t) for name, t in begun.network.state_dict().items())


def test_another_or_damaged_checkpoint_is_refused(
    both_stages: Recipe, tiny_vgg: Vgg, tmp_path: Path, watcher: Quiet
) -> None:
    run = tmp_path / "run"
    Trainer(both_stages, run, watcher, perceptual=tiny_vgg).fit()
    other = replace(both_stages, network=replace(both_stages.network, width=6))
    with pytest.raises(TrainingError, match="of width 4.*of width 6"):
        Trainer(other, run, watcher, perceptual=tiny_vgg)
    other = replace(both_stages, main=replace(both_stages.main, discriminator_width=6))
    with pytest.raises(TrainingError, match="discriminator_width"):
        Trainer(other, run, watcher, perceptual=tiny_vgg)
    contents = {"progress": {}, "network": {}}
    for write in (
        lambda path: torch.save(contents, path),  # another program's
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"rubbish" * 99),
    ):
        write(newest(run))
        with pytest.raises(TrainingError, match=newest(run).name):
            Trainer(both_stages, run, watcher, perceptual=tiny_vgg)


def test_a_recipe_that_changed_below_what_is_done_ends_at_once(
    both_stages: Recipe, tiny_vgg: Vgg, tmp_path: Path, watcher: Quiet
) -> None:
    run = tmp_path / "run"
    Trainer(both_stages, run, watcher, perceptual=tiny_vgg).fit()
    before = checkpoint_of(run)
    for length in (18, 6, 0):
        shorter = replace(both_stages, main=replace(both_stages.main, length=length))
        Trainer(shorter, run, watcher, perceptual=tiny_vgg).fit()
        for name in ("network", "discriminators", "averages", "progress"):
            assert equal(checkpoint_of(run)[name], before[name])
