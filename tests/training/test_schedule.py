"""Lengths in samples and the learning rate."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgin.errors import UsageError
from deepgin.training.recipe import MainRecipe, Recipe, WarmUpRecipe
from deepgin.training.schedule import Schedule, learning_rate, samples_of


def test_rate_rises_stays_and_falls_to_zero() -> None:
    def rate(steps: int, samples: int) -> float:
        return learning_rate(1.0, 10, steps, 100 - samples, 40)

    assert rate(0, 0) == pytest.approx(0.1)
    assert rate(9, 54) == 1
    assert rate(50, 60) == 1
    assert rate(50, 80) == 0.5
    assert rate(50, 100) == 0
    assert learning_rate(1.0, 0, 0, 0, 0) == 1


@given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 100), st.integers(0, 100))
def test_rate_stays_within_bounds(ramp: int, steps: int, left: int, decay: int) -> None:
    assert 0 <= learning_rate(2.0, ramp, steps, left, decay) <= 2


@pytest.mark.parametrize(
    ("amount", "samples"),
    [
        (600, 600),
        ("600", 600),
        ("600 samples", 600),
        ("1e3", 1000),
        ("10 epochs", 210),
        ("1 epoch", 21),
        ("0.5 epochs", 12),  # 3.5 pictures are 4, each under three masks
        (0, 0),
    ],
)
def test_amounts(amount: int | str, samples: int) -> None:
    assert samples_of(amount, 7, "main.length") == samples


@pytest.mark.parametrize(
    "amount", ["10 epochs", "ten epochs", "10 s", "10 eposch", "-1", "nan", "inf", "1e300", ""]
)
def test_wrong_amounts_name_the_field(amount: str) -> None:
    pictures = 0 if amount == "10 epochs" else 7  # of a stream their number is not known
    with pytest.raises(UsageError) as caught:
        samples_of(amount, pictures, "main.length")
    assert caught.value.field == "main.length"


def test_schedule_of_the_paper() -> None:
    recipe = Recipe(
        warm_up=WarmUpRecipe(length="10 epochs"),
        main=MainRecipe(length="100 epochs", decay="90 epochs"),
    )
    found = Schedule(recipe, 27_000)
    assert (found.warm_up, found.main, found.main_decay) == (810_000, 8_100_000, 7_290_000)
    with pytest.raises(UsageError, match="length"):
        Schedule(replace(recipe, warm_up=WarmUpRecipe(length=0), main=MainRecipe()), 9)
