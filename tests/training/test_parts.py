"""Moving averages, divergence guard, recipe checks."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from deepgin.errors import TrainingError, UsageError
from deepgin.training.checks import check
from deepgin.training.loop import Trainer, explained
from deepgin.training.recipe import EmaRecipe, Recipe
from deepgin.training.state import DivergenceGuard, MovingAverages

from .conftest import Quiet


def test_average_has_its_half_life() -> None:
    layer = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(layer.weight)
    averages = MovingAverages(layer, EmaRecipe(half_lives=[100], ramp=1.0))
    nn.init.ones_(layer.weight)
    for step in range(10):
        averages.update(10, 10_000 + step)
    assert averages.weights(100)["weight"].item() == pytest.approx(0.5)


def test_average_forgets_the_first_weights_early_on() -> None:
    layer = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(layer.weight)
    averages = MovingAverages(layer, EmaRecipe(half_lives=[100_000], ramp=0.1))
    nn.init.ones_(layer.weight)
    for step in range(1, 101):
        averages.update(10, 10 * step)
    assert averages.weights(100_000)["weight"].item() > 0.99


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
    for i in range(100):
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


def test_guard_lets_a_young_run_move() -> None:
    guard = DivergenceGuard()
    assert all(guard.accepts(loss, 1.0) for loss in (1.0, 9.0, 0.1))
    assert not guard.accepts(math.nan, 1.0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("data.size", 100),
        ("data.train", ""),
        ("data.smallest_scale", 0.0),
        ("data.pictures_per_step", 0),
        ("data.weights", {"faces": -1.0}),
        ("network.initialisation", "ful"),
        ("network.width", 0),
        ("loss.form", "papr"),
        ("loss.style", -1.0),
        ("loss.style", math.nan),
        ("optimiser.beta1", 1.0),
        ("optimiser.accumulate", 3),
        ("guard.then", "go on"),
        ("watch.keep", 0),
        ("devices", 0),
        ("threads", 100_000),
        ("seed", 10**23),
        ("ema.half_lives", []),
        ("ema.half_lives", [0]),
    ],
)
def test_impossible_recipes_name_the_field(recipe: Recipe, field: str, value: object) -> None:
    check(recipe)
    values = recipe.as_dict()
    *outer, name = field.split(".")
    (values[outer[0]] if outer else values)[name] = value
    with pytest.raises(UsageError) as caught:
        check(Recipe.of(values))
    assert caught.value.field == field
    assert str(caught.value).startswith(field)


@pytest.mark.parametrize(
    ("group", "name", "wrong", "meant"),
    [("network", "variant", "deepgim", "deepgin"), ("guard", "then", "bakc", "back")],
)
def test_a_near_miss_is_guessed(
    recipe: Recipe, group: str, name: str, wrong: str, meant: str
) -> None:
    values = recipe.as_dict()
    values[group][name] = wrong
    with pytest.raises(UsageError, match=f"'{meant}'"):
        check(Recipe.of(values))


def test_a_recipe_survives_as_plain_values(recipe: Recipe) -> None:
    assert Recipe.of(recipe.as_dict()) == recipe


@pytest.mark.parametrize(
    "error", [MemoryError(), torch.OutOfMemoryError("CUDA"), RuntimeError("can't allocate memory")]
)
def test_want_of_memory_says_what_takes_less(error: Exception) -> None:
    with pytest.raises(TrainingError, match=r"lower data\.pictures_per_step"), explained():
        raise error


def test_other_errors_are_not_taken_for_it() -> None:
    with pytest.raises(RuntimeError, match="shape"), explained():
        raise RuntimeError("shape")


def test_a_network_beyond_all_memory_is_refused(
    recipe: Recipe, tmp_path: Path, watcher: Quiet
) -> None:
    wide = replace(recipe, network=replace(recipe.network, width=1_000_000))
    with pytest.raises(TrainingError, match=r"network\.width"):
        Trainer(wide, tmp_path / "run", watcher)
    assert not (tmp_path / "run").exists()
