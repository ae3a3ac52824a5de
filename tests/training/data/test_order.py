"""The order of pictures: seeded, weighted, entered anywhere."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgin.errors import UsageError
from deepgin.training.data.order import PictureOrder, picture_weights
from deepgin.training.data.sources import Entry, find_entries
from deepgin.training.recipe import DataRecipe

WEIGHTS = st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0, 2.5]), min_size=1, max_size=12)


@given(WEIGHTS, st.integers())
@settings(max_examples=50)
def test_order_draws_by_weight_and_can_be_entered_anywhere(weights: list[float], seed: int) -> None:
    if not any(weights):
        with pytest.raises(UsageError):
            PictureOrder(weights, seed)
        return
    order = PictureOrder(weights, seed)
    drawn = [order[i] for i in range(300)]
    assert PictureOrder(weights, seed)[299] == drawn[299]
    counts = Counter(drawn)
    expected = {i: 300 * w / sum(weights) for i, w in enumerate(weights)}
    for i, number in expected.items():
        assert abs(counts[i] - number) <= 0.35 * number + 12
        assert weights[i] > 0 or counts[i] == 0


def test_an_epoch_has_each_picture_once() -> None:
    order = PictureOrder([1.0] * 7, 3)
    epochs = [[order[i] for i in range(7 * e, 7 * e + 7)] for e in range(3)]
    assert all(sorted(epoch) == list(range(7)) for epoch in epochs)
    assert epochs[0] != epochs[1]


def test_a_far_epoch_of_whole_weights_is_drawn_alone() -> None:
    order = PictureOrder([1.0, 2.0, 0.0], 3)
    far = [order[i] for i in range(3 * 10**9, 3 * 10**9 + 3)]
    assert sorted(far) == [0, 1, 1]


def test_the_order_is_the_same_for_ever() -> None:
    order = PictureOrder([1.0] * 8, 5)
    assert [order[i] for i in range(8)] == [3, 6, 7, 2, 5, 4, 1, 0]


@pytest.fixture
def entries(photos: Path) -> list[Entry]:
    return find_entries(photos)  # 000, 002, 004, sub/001, sub/003, sub/005


@pytest.mark.parametrize(
    ("by_path", "expected"),
    [
        ({}, [1] * 6),
        ({"sub/": 3.0, "sub/003.png": 0.5, "002.png": 0.0}, [1, 0, 1, 3, 0.5, 3]),
    ],
)
def test_folders_and_pictures_have_weights(
    entries: list[Entry], by_path: dict[str, float], expected: list[float]
) -> None:
    assert picture_weights(entries, DataRecipe(weights=by_path)) == expected


def test_the_innermost_named_folder_counts(tree: Callable[..., Path]) -> None:
    found = find_entries(tree(["a/1.jpg", "a/b/2.jpg", "a/b/c/3.jpg", "ab/4.jpg"]))
    assert picture_weights(found, DataRecipe(weights={"a": 2.0, "a/b": 5.0})) == [2, 5, 5, 1]


def test_a_path_that_is_not_there_is_named(entries: list[Entry]) -> None:
    with pytest.raises(UsageError, match="faces"):
        picture_weights(entries, DataRecipe(weights={"faces": 3.0, "sub": 2.0}))
