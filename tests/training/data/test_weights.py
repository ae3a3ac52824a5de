"""How often pictures are drawn: by group, column and folder."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from deepgin.errors import TrainingError, UsageError
from deepgin.training.data import DataRecipe
from deepgin.training.data.sources import Entry, find_entries
from deepgin.training.data.weights import picture_weights

Tree = Callable[..., Path]


@pytest.fixture
def entries(photos: Path) -> list[Entry]:
    return find_entries(photos)  # 000, 002, 004, sub/001, sub/003, sub/005


@pytest.fixture
def recipe(tmp_path: Path) -> DataRecipe:
    file = tmp_path / "groups.csv"
    file.write_text("name,group,often\n000,faces,2.5\n001,scenes,0\n")
    return DataRecipe(groups=str(file))


def test_without_rules_all_weigh_the_same(entries: list[Entry]) -> None:
    assert picture_weights(entries, DataRecipe()) == [1.0] * 6


def test_groups_come_from_the_csv(entries: list[Entry], recipe: DataRecipe) -> None:
    recipe = replace(recipe, group_weights={"faces": 3.0})
    assert picture_weights(entries, recipe) == [3.0, 1, 1, 1, 1, 1]
    with pytest.raises(UsageError, match="phaces"):
        picture_weights(entries, replace(recipe, group_weights={"phaces": 2.0}))
    with pytest.raises(TrainingError, match=r"none\.csv"):
        picture_weights(entries, replace(recipe, groups="none.csv"))


def test_a_column_gives_each_picture_its_own(entries: list[Entry], recipe: DataRecipe) -> None:
    recipe = replace(recipe, weight_column="often")
    assert picture_weights(entries, recipe) == [2.5, 1, 1, 0, 1, 1]
    with pytest.raises(TrainingError, match="columns name and seldom"):
        picture_weights(entries, replace(recipe, weight_column="seldom"))


@pytest.mark.parametrize("wrong", ["", "often", "-1", "nan", "inf"])
def test_a_weight_that_is_none_is_named(
    entries: list[Entry], recipe: DataRecipe, wrong: str
) -> None:
    Path(recipe.groups).write_text(f"name,often\n003,{wrong}\n")
    with pytest.raises(TrainingError, match=rf"'{wrong}' in column often of 003"):
        picture_weights(entries, replace(recipe, weight_column="often"))


def test_folders_and_groups_are_multiplied(entries: list[Entry], recipe: DataRecipe) -> None:
    recipe = replace(recipe, folder_weights={"sub/": 3.0}, group_weights={"scenes": 0.5})
    assert picture_weights(entries, recipe) == [1, 1, 1, 1.5, 3, 3]


def test_the_innermost_named_folder_counts(tree: Tree) -> None:
    found = find_entries(tree(["a/1.jpg", "a/b/2.jpg", "a/b/c/3.jpg", "ab/4.jpg"]))
    recipe = DataRecipe(folder_weights={"a": 2.0, "a/b": 5.0})
    assert picture_weights(found, recipe) == [2, 5, 5, 1]


def test_a_folder_that_is_not_there_is_named(entries: list[Entry]) -> None:
    with pytest.raises(UsageError, match=r"data\.folder_weights: .*faces"):
        picture_weights(entries, DataRecipe(folder_weights={"faces": 3.0, "sub": 2.0}))
