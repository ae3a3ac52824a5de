"""How often pictures are drawn: by folder and by picture."""

from collections.abc import Callable
from pathlib import Path

import pytest

from deepgin.errors import UsageError
from deepgin.training.data.order import picture_weights
from deepgin.training.data.sources import Entry, find_entries
from deepgin.training.recipe import DataRecipe


@pytest.fixture
def entries(photos: Path) -> list[Entry]:
    return find_entries(photos)  # 000, 002, 004, sub/001, sub/003, sub/005


def test_without_weights_all_count_once(entries: list[Entry]) -> None:
    assert picture_weights(entries, DataRecipe()) == [1.0] * 6


def test_folders_and_pictures_have_weights(entries: list[Entry]) -> None:
    recipe = DataRecipe(weights={"sub/": 3.0, "sub/003.png": 0.5, "002.png": 0.0})
    assert picture_weights(entries, recipe) == [1, 0, 1, 3, 0.5, 3]


def test_the_innermost_named_folder_counts(tree: Callable[..., Path]) -> None:
    found = find_entries(tree(["a/1.jpg", "a/b/2.jpg", "a/b/c/3.jpg", "ab/4.jpg"]))
    assert picture_weights(found, DataRecipe(weights={"a": 2.0, "a/b": 5.0})) == [2, 5, 5, 1]


def test_a_path_that_is_not_there_is_named(entries: list[Entry]) -> None:
    with pytest.raises(UsageError, match=r"data\.weights: .*faces"):
        picture_weights(entries, DataRecipe(weights={"faces": 3.0, "sub": 2.0}))
