"""Runs that diverge, disks that are full, data that fails: nothing that was learnt is lost."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from deepgin.errors import DeepginError, TrainingError
from deepgin.training.data import Samples
from deepgin.training.loop import Trainer
from deepgin.training.recipe import GuardRecipe, Recipe
from deepgin.training.run_folder import checkpoints, name_of, newest

from .conftest import Quiet, endless, equal, samples_in


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
    assert equal(dict(trainer.state.network.state_dict()), good)
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
    trainer.folder.save()
    trainer.state.guard.limit = 1
    with pytest.raises(TrainingError, match="checkpoint-0000"):
        trainer.fit()


def test_a_run_that_is_lost_before_a_checkpoint_is_due_goes_back_to_its_beginning(
    recipe: Recipe, tmp_path: Path, watcher: Quiet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network that diverged within its first 200 steps had nothing to go back to."""
    trainer = Trainer(replace(recipe, guard=GuardRecipe(in_a_row=1)), tmp_path / "run", watcher)
    real, losses = trainer.state.guard.accepts, []

    def lost_at_first(loss: float, *norms: float, compare: bool) -> bool:
        losses.append(loss)
        return real(loss if len(losses) > 1 else float("nan"), *norms, compare=compare)

    monkeypatch.setattr(trainer.state.guard, "accepts", lost_at_first)
    trainer.fit()
    assert trainer.state.progress.rate_factor == 0.5
    assert any("back to" in line and name_of(0) in line for line in watcher.lines)
    assert samples_in(tmp_path / "run") == 24


@pytest.mark.parametrize("guard", [GuardRecipe(), GuardRecipe(then="stop", in_a_row=3)])
def test_a_lost_run_that_cannot_or_must_not_go_back_ends(
    recipe: Recipe,
    tmp_path: Path,
    watcher: Quiet,
    monkeypatch: pytest.MonkeyPatch,
    guard: GuardRecipe,
) -> None:
    trainer = Trainer(replace(recipe, guard=guard), tmp_path / "run", watcher)
    trainer.schedule.warm_up = 999
    with torch.no_grad():
        trainer.state.network.stage1.out.bias.fill_(float("nan"))  # type: ignore[union-attr]
    monkeypatch.setattr(torch, "save", _full)
    with pytest.raises(TrainingError, match="diverged"):
        trainer.fit()
    assert trainer.state.progress.steps == guard.in_a_row


def _full(content: object, path: Path) -> None:
    Path(path).write_bytes(b"half")
    raise OSError(28, "No space left on device")


def _riddle(content: object, path: Path) -> None:
    raise RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 1 vs 0")


@pytest.mark.parametrize("failing", [_full, _riddle])
def test_full_disk_leaves_the_old_checkpoint(
    recipe: Recipe,
    tmp_path: Path,
    watcher: Quiet,
    monkeypatch: pytest.MonkeyPatch,
    failing: Callable[[object, Path], None],
) -> None:
    run = tmp_path / "run"
    Trainer(recipe, run, watcher).fit()
    before = newest(run).read_bytes()
    monkeypatch.setattr(torch, "save", failing)
    longer = replace(recipe, warm_up=replace(recipe.warm_up, length=30))
    with pytest.raises(DeepginError, match="No space left|MiB free"):
        Trainer(longer, run, watcher).fit()
    assert newest(run).read_bytes() == before
    names = {".lock", "recipe.yaml", "log.jsonl", "sheets", newest(run).name, name_of(0)}
    names.add("last-warm_up.safetensors")
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
    assert samples_in(tmp_path / "run") == 24
    assert sum("No space left" in line for line in watcher.lines) == 2


@pytest.mark.parametrize("steps", [0, 3])
def test_data_that_fails_loses_nothing_that_was_learnt(
    recipe: Recipe, tmp_path: Path, watcher: Quiet, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    real = Samples.batches

    def failing(self: Samples, position: dict[str, int]):  # type: ignore[no-untyped-def]
        for number, batch in enumerate(real(self, position)):
            if number == steps:
                raise TrainingError("train-007.tar cannot be read")
            yield batch

    monkeypatch.setattr(Samples, "batches", failing)
    with pytest.raises(TrainingError, match="train-007"):
        Trainer(recipe, tmp_path / "run", watcher).fit()
    if steps:
        assert samples_in(tmp_path / "run") == 9
    else:  # a checkpoint would bind the folder to a network that has learnt nothing
        assert not checkpoints(tmp_path / "run")
    Trainer(recipe, tmp_path / "run", watcher)  # the folder is free again


def test_weights_that_may_be_lost_are_not_saved(
    recipe: Recipe, tmp_path: Path, watcher: Quiet
) -> None:
    """A checkpoint written while steps are refused would be what the run goes back to."""
    watch = replace(recipe.watch, save_minutes=0.0)
    trainer = Trainer(replace(endless(recipe), watch=watch), tmp_path / "run", watcher)
    with torch.no_grad():
        trainer.state.network.stage1.out.bias.fill_(float("nan"))  # type: ignore[union-attr]
    assert not trainer._train()
    assert [path.name for path in checkpoints(tmp_path / "run")] == [name_of(0)]
