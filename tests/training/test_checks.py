"""Recipes that cannot work are refused by the name of the field."""

import math
from typing import Any

import pytest

from deepgin.errors import UsageError
from deepgin.training.checks import check, check_data
from deepgin.training.recipe import DataRecipe, Recipe


def changed(recipe: Recipe, field: str, value: object) -> Recipe:
    values = recipe.as_dict()
    *outer, name = field.split(".")
    (values[outer[0]] if outer else values)[name] = value
    return Recipe.of(values)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("data.train", ""),
        ("data.layout", "celeba"),
        ("data.framing", "crops"),
        ("data.size", 100),
        ("data.size", 0),
        ("data.smallest_scale", 0.0),
        ("data.smallest_scale", 1.1),
        ("data.mask_windows", -0.1),
        ("data.pictures_per_step", 0),
        ("data.workers", -1),
        ("data.weights", {"faces": -1.0}),
        ("data.weights", {"faces": math.nan}),
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
    with pytest.raises(UsageError) as caught:
        check(changed(recipe, field, value))
    assert caught.value.field == field
    assert str(caught.value).startswith(field)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("squash_size", {"framing": "squash", "squash_size": 300}),
        ("squash_size", {"framing": "squash", "squash_size": 128}),
        ("resident", {"train": "https://host/a.tar", "resident": True}),
        ("weights", {"train": "https://host/a.tar", "weights": {"faces": 2.0}}),
        ("layout", {"train": "https://host/a.tar", "layout": "ffhq"}),
        ("allow_pipes", {"train": "pipe:cat a.tar"}),
        ("allow_pipes", {"train": "https://host/a.tar pipe:ls"}),
    ],
)
def test_data_fields_that_do_not_go_together(field: str, values: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        check_data(DataRecipe(**{"train": "photos", **values}))
    assert caught.value.field == f"data.{field}"


def test_what_goes_together() -> None:
    check_data(DataRecipe(train="photos", squash_size=300))  # which only squashing looks at
    check_data(DataRecipe(train="pipe:cat a.tar", allow_pipes=True))
    assert DataRecipe(train="https://host/a.tar").is_remote
    assert not DataRecipe(train="my photos/of 2020").is_remote


@pytest.mark.parametrize(
    ("field", "wrong", "meant"),
    [
        ("network.variant", "deepgim", "deepgin"),
        ("guard.then", "bakc", "back"),
        ("data.layout", "celeba-hq", "celebahq"),
    ],
)
def test_a_near_miss_is_guessed(recipe: Recipe, field: str, wrong: str, meant: str) -> None:
    with pytest.raises(UsageError, match=f"'{meant}'"):
        check(changed(recipe, field, wrong))


def test_a_recipe_survives_as_plain_values(recipe: Recipe) -> None:
    assert Recipe.of(recipe.as_dict()) == recipe
