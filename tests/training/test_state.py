"""Moving averages and the divergence guard; what lack of memory says."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from deepgin.errors import TrainingError
from deepgin.training.guard import DivergenceGuard
from deepgin.training.loop import Trainer, explained
from deepgin.training.recipe import EmaRecipe, Recipe
from deepgin.training.state import MovingAverages

from .conftest import Quiet


@pytest.mark.parametrize(
    ("half_life", "ramp", "steps", "begun", "value"),
    [(100, 1.0, 10, 10_000, 0.5), (100_000, 0.1, 100, 10, 1.0)],
)
def test_average_has_its_half_life_and_forgets_the_first_weights(
    half_life: int, ramp: float, steps: int, begun: int, value: float
) -> None:
    layer = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(layer.weight)
    averages = MovingAverages(layer, EmaRecipe(half_lives=[half_life], ramp=ramp))
    nn.init.ones_(layer.weight)
    for step in range(steps):
        averages.update(10, begun + 10 * step)
    assert averages.weights(half_life)["weight"].item() == pytest.approx(value, abs=0.002)


def test_averages_survive_a_changed_list() -> None:
    layer = nn.Linear(2, 2)
    saved = MovingAverages(layer, EmaRecipe(half_lives=[10])).state_dict()
    saved[10] = {name: value + 1 for name, value in saved[10].items()}
    averages = MovingAverages(layer, EmaRecipe(half_lives=[10, 20]))
    averages.load_state_dict(saved)
    assert torch.equal(averages.weights(10)["weight"], layer.weight + 1)
    assert torch.equal(averages.weights(20)["weight"], layer.weight)


@pytest.mark.parametrize(
    ("loss", "norm"), [(math.nan, 1.0), (1.0, math.inf), (10.0, 1.0), (1.0, 100.0)]
)
def test_guard_refuses_what_explodes(loss: float, norm: float) -> None:
    guard = DivergenceGuard()
    assert all(guard.accepts(loss, 1.0) for loss in (1.0, 9.0, 0.1))  # a young run may move
    for i in range(200):
        assert guard.accepts(1.0 + 0.1 * (i % 3), 1.0 + 0.5 * (i % 2))
    for _ in range(9):
        assert not guard.accepts(loss, norm)
    assert not guard.lost
    assert not guard.accepts(loss, norm)
    assert guard.lost
    assert guard.skipped == 10
    assert guard.accepts(1.2, 1.0)
    assert not guard.lost


def test_guard_compares_only_what_is_alike() -> None:
    guard = DivergenceGuard(limit=2)
    for _ in range(100):
        assert guard.accepts(1.0, 1.0)
    assert guard.accepts(50.0, 0.0, 500.0, compare=False)
    assert len(guard.losses) == 100
    assert not guard.accepts(1.0, 1.0, math.nan)
    assert not guard.accepts(math.inf, 1.0, compare=False)
    assert guard.lost
    guard.forget()
    assert guard.accepts(50.0, 500.0)


@pytest.mark.parametrize(
    "error", [MemoryError(), torch.OutOfMemoryError("CUDA"), RuntimeError("can't allocate memory")]
)
def test_want_of_memory_says_what_takes_less(error: Exception) -> None:
    with pytest.raises(TrainingError), explained():
        raise error
    with pytest.raises(RuntimeError, match="shape"), explained():
        raise RuntimeError("shape")  # another error stays as it is


def test_a_network_beyond_all_memory_is_refused(
    recipe: Recipe, tmp_path: Path, watcher: Quiet
) -> None:
    wide = replace(recipe, network=replace(recipe.network, width=1_000_000))
    with pytest.raises(TrainingError):
        Trainer(wide, tmp_path / "run", watcher)
    assert not (tmp_path / "run").exists()
