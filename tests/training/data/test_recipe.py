"""Data recipes that cannot work are refused by the name of the field."""

from typing import Any

import pytest

from deepgin.errors import UsageError
from deepgin.training.checks import check, check_data
from deepgin.training.recipe import DataRecipe, Recipe


def test_the_defaults_need_only_pictures() -> None:
    check_data(DataRecipe(train="photos"))
    with pytest.raises(UsageError, match=r"data\.train is not set"):
        check_data(DataRecipe())


@pytest.mark.parametrize(
    ("field", "value", "more"),
    [
        ("layout", "celeba", {}),
        ("framing", "crops", {}),
        ("size", 100, {}),
        ("size", 0, {}),
        ("squash_size", 300, {"framing": "squash"}),
        ("squash_size", 128, {"framing": "squash"}),
        ("squash_size", 0, {"framing": "squash"}),
        ("smallest_scale", 0.0, {}),
        ("smallest_scale", 1.1, {}),
        ("mask_windows", -0.1, {}),
        ("pictures_per_step", 0, {}),
        ("workers", -1, {}),
        ("weights", {"faces": float("nan")}, {}),
        ("resident", True, {"train": "https://host/a.tar"}),
        ("weights", {"faces": 2.0}, {"train": "https://host/a.tar"}),
        ("layout", "ffhq", {"train": "https://host/a.tar"}),
    ],
)
def test_a_wrong_field_is_named(field: str, value: object, more: dict[str, Any]) -> None:
    given: dict[str, Any] = {"train": "photos", **more, field: value}
    with pytest.raises(UsageError) as caught:
        check(Recipe(data=DataRecipe(**given)))
    assert caught.value.field == f"data.{field}"
    assert "\n" not in str(caught.value)


def test_a_near_miss_is_guessed() -> None:
    with pytest.raises(UsageError, match="did you mean 'celebahq'"):
        check(Recipe(data=DataRecipe(train="photos", layout="celeba-hq")))


def test_what_counts_as_remote() -> None:
    assert DataRecipe(train="https://host/a.tar").is_remote
    assert DataRecipe(train="pipe:cat a.tar").is_remote
    assert not DataRecipe(train="my photos/of 2020").is_remote


def test_shell_commands_need_leave() -> None:
    for train in ("pipe:cat a.tar", "https://host/a.tar pipe:ls"):
        with pytest.raises(UsageError, match=r"data\.allow_pipes"):
            check_data(DataRecipe(train=train))
        check_data(DataRecipe(train=train, allow_pipes=True))


def test_a_squash_size_matters_only_to_squashing() -> None:
    check_data(DataRecipe(train="photos", squash_size=300))
