"""Whole runs by the fast steps, on a CPU: the same loop, checkpoints and mishaps as by the plain."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from deepgin.perceptual import Vgg
from deepgin.training.fast import run as fast_run
from deepgin.training.fast.graph import Capture
from deepgin.training.fast.run import FastSteps
from deepgin.training.forms import PlainSteps
from deepgin.training.guard import DivergenceGuard
from deepgin.training.loop import Trainer
from deepgin.training.recipe import Recipe
from deepgin.training.run_folder import newest
from deepgin.training.state import read_checkpoint

from ..conftest import Quiet, checkpoint_of, equal, samples_in


@pytest.fixture
def fast(both_stages: Recipe) -> Recipe:
    how = replace(both_stages.optimiser, name="muon")
    watch = replace(both_stages.watch, log_samples=3)
    return replace(both_stages, steps="fast", optimiser=how, watch=watch)


def until(recipe: Recipe, samples: int) -> Recipe:
    """The same run, stopped after so many samples of its main stage, or before it."""
    begun = int(recipe.warm_up.length)
    if samples <= begun:
        return replace(
            recipe,
            warm_up=replace(recipe.warm_up, length=samples),
            main=replace(recipe.main, length=0),
        )
    return replace(recipe, main=replace(recipe.main, length=samples - begun, decay=0))


def train(recipe: Recipe, run: Path, vgg: Vgg) -> Trainer:
    trainer = Trainer(recipe, run, Quiet(), perceptual=vgg)
    trainer.fit()
    return trainer


def test_a_resumed_run_is_that_without_a_stop(fast: Recipe, tiny_vgg: Vgg, tmp_path: Path) -> None:
    fast = replace(fast, main=replace(fast.main, decay=0))
    trainer = train(fast, tmp_path / "whole", tiny_vgg)
    assert isinstance(trainer.steps, FastSteps)
    for samples in (6, 18, 30):
        train(until(fast, samples), tmp_path / "parts", tiny_vgg)
        assert samples_in(tmp_path / "parts") == samples
    parts, whole = (checkpoint_of(tmp_path / name) for name in ("parts", "whole"))
    for content in (parts, whole):
        for name in ("optimizer", "discriminator_optimizer"):
            content[name] = content[name]["state"]  # the last rate is nothing to go on from
    assert [name for name in whole if not equal(parts[name], whole[name])] == []
    lines = [json.loads(x) for x in (tmp_path / "whole" / "log.jsonl").read_text().splitlines()]
    logged = [line for line in lines if "norm" in line]
    assert [line["samples"] for line in logged] == list(range(3, 31, 3))
    assert {"perceptual", "in_order", "norm_discriminators"} <= logged[-1].keys()


@pytest.mark.parametrize(
    ("name", "orders"),
    [("adam", ("fast", "plain", "fast")), ("muon", ("plain", "fast", "plain"))],
)
def test_checkpoints_go_between_the_two_forms(
    fast: Recipe, tiny_vgg: Vgg, tmp_path: Path, name: str, orders: tuple[str, ...]
) -> None:
    """The warm-up's weights, averages and momenta are those of the plain form."""
    fast = replace(fast, optimiser=replace(fast.optimiser, name=name, clip=0.5))
    train(replace(until(fast, 12), steps="plain"), tmp_path / "plain", tiny_vgg)
    for samples, steps in zip((6, 9, 12), orders, strict=True):
        train(replace(until(fast, samples), steps=steps), tmp_path / "mixed", tiny_vgg)
    mixed, plain = (read_checkpoint(newest(tmp_path / run)) for run in ("mixed", "plain"))
    alike(mixed["network"], plain["network"])
    alike(mixed["averages"][6], plain["averages"][6])
    ours, theirs = (content["optimizer"]["state"] for content in (mixed, plain))
    for kind in ("exp_avg", "exp_avg_sq", "step"):
        alike(*({i: s[kind] for i, s in each.items() if kind in s} for each in (ours, theirs)))


def alike(ours: dict[Any, torch.Tensor], theirs: dict[Any, torch.Tensor]) -> None:
    """Equal but for rounding, which Adam makes much of where a gradient is nearly zero."""
    assert ours.keys() == theirs.keys()
    one, other = (torch.cat([each[key].flatten() for key in ours]) for each in (ours, theirs))
    assert (one - other).norm() < 5e-3 * other.norm()


def test_both_stages_go_on_in_the_other_form(fast: Recipe, tiny_vgg: Vgg, tmp_path: Path) -> None:
    for samples, steps in ((15, "fast"), (21, "plain"), (30, "fast")):
        train(replace(until(fast, samples), steps=steps), tmp_path / "run", tiny_vgg)
    content = read_checkpoint(newest(tmp_path / "run"))
    assert content["progress"]["samples"] == 30
    assert content["guard"]["skipped"] == 0
    steps = [
        state["step"].item() for state in content["optimizer"]["state"].values() if "step" in state
    ]
    assert set(steps) == {
        4.0
    }  # of six in the main stage, without the two that the others had alone
    assert all(torch.isfinite(value).all() for value in content["discriminators"].values())


class Event:
    """What a GPU has still to reach; here at once, but it counts who waits."""

    waited = 0

    def record(self) -> None:
        """Nothing is under way."""

    def synchronize(self) -> None:
        Event.waited += 1


def test_means_are_read_seldom_where_reading_waits(
    fast: Recipe, tiny_vgg: Vgg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every fourfold number of steps, and where stage or kind of step ends; nothing is lost."""
    train(fast, tmp_path / "often", tiny_vgg)
    seldom = Trainer(fast, tmp_path / "seldom", Quiet(), perceptual=tiny_vgg)
    assert isinstance(seldom.steps, FastSteps)
    monkeypatch.setattr(torch.cuda, "Event", Event)
    seldom.steps.cuda, seldom.steps.seconds, known = True, 1e9, []
    take = seldom.steps.take

    def watched(batch):
        facts = take(batch)
        known.append(facts is not None)
        return facts

    seldom.steps.take = watched
    seldom.fit()
    assert known == [True, False, False, True, True, True, False, False, False, True]
    assert Event.waited == len(known) - 2  # so far it may be ahead
    ours, theirs = (checkpoint_of(tmp_path / run) for run in ("seldom", "often"))
    for name in ("network", "averages", "optimizer", "discriminators", "progress"):
        assert equal(ours[name], theirs[name])


@pytest.mark.parametrize(
    ("group", "options"),
    [
        ("optimiser", {"accumulate": 2}),
        ("network", {"recompute": True}),
    ],
)
def test_what_the_fast_steps_lack_takes_the_plain_ones(
    recipe: Recipe, tmp_path: Path, watcher: Quiet, group: str, options: dict[str, object]
) -> None:
    data = replace(recipe.data, pictures_per_step=2)
    recipe = replace(recipe, steps="fast", data=data)
    recipe = replace(recipe, **{group: replace(getattr(recipe, group), **options)})
    trainer = Trainer(recipe, tmp_path / "run", watcher)
    assert isinstance(trainer.steps, PlainSteps)
    assert sum(f"{group}.{next(iter(options))}" in line for line in watcher.lines) == 1
    assert isinstance(
        Trainer(replace(recipe, steps="auto"), tmp_path / "b", watcher).steps, PlainSteps
    )


def test_without_memory_steps_take_fewer_pictures(
    recipe: Recipe, tmp_path: Path, watcher: Quiet, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Capture.__call__

    def small(self, step, changing, device):
        if step._pictures.shape[0] > 2:
            raise torch.OutOfMemoryError
        return real(self, step, changing, device)

    monkeypatch.setattr(Capture, "__call__", small)
    data = replace(recipe.data, pictures_per_step=6)
    recipe = replace(recipe, steps="fast", data=data, warm_up=replace(recipe.warm_up, length=36))
    Trainer(recipe, tmp_path / "run", watcher).fit()
    progress = read_checkpoint(newest(tmp_path / "run"))["progress"]
    assert (progress["samples"], progress["steps"]) == (36, 12)
    assert progress["positions"] == [{"pictures": 12}]
    said = [re.findall(r"\b\d\b", line) for line in watcher.lines if "memory" in line]
    assert said == [["3", "6"], ["1", "3"]]  # each once: what is used, and instead of what


def test_where_triton_fails_torch_does_it(
    recipe: Recipe, tmp_path: Path, watcher: Quiet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a machine without a C compiler, which Triton calls."""

    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise FileNotFoundError("no C compiler\n")

    def tried(self: Capture, step: Any, changing: Any, device: Any) -> Any:
        step()
        return step

    monkeypatch.setattr(fast_run, "operations", lambda device: Broken())
    monkeypatch.setattr(Capture, "__call__", tried)
    Trainer(replace(recipe, steps="fast"), tmp_path / "run", watcher).fit()
    assert samples_in(tmp_path / "run") == 24
    assert len([line for line in watcher.lines if "no C compiler" in line]) == 1


def test_a_lost_run_goes_back(fast: Recipe, tiny_vgg: Vgg, tmp_path: Path, watcher: Quiet) -> None:
    train(until(fast, 21), tmp_path / "run", tiny_vgg)
    guard = replace(fast.guard, in_a_row=2)
    trainer = Trainer(replace(fast, guard=guard), tmp_path / "run", watcher, perceptual=tiny_vgg)
    good = {k: v.clone() for k, v in trainer.state.network.state_dict().items()}
    with torch.no_grad():
        trainer.state.network.stage1.out.bias.fill_(float("nan"))  # type: ignore[union-attr]
    assert not trainer._train()
    assert trainer.state.guard.skipped == 2
    trainer._go_back()
    assert equal(dict(trainer.state.network.state_dict()), good)
    trainer.fit()
    assert trainer.state.progress.samples == 30
    assert all(p.isfinite().all() for p in trainer.state.network.parameters())


def test_the_guard_judges_several_steps_by_their_means() -> None:
    guard = DivergenceGuard(limit=30)
    guard.note(49, 5, (1.0, 2.0))
    assert guard.limits() == (float("inf"), float("inf"))
    guard.note(1, 0, (1.0, 2.0))
    assert guard.limits() == (4.0, 40.0)
    guard.note(0, 20, None)
    assert (guard.skipped, guard.lost) == (25, False)
    guard.note(0, 10, None)
    assert guard.lost
    guard.note(10, 10, None)
    assert not guard.lost
