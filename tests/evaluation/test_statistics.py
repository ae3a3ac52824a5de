"""Means and intervals against closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgin.errors import UsageError
from deepgin.evaluation import statistics
from deepgin.evaluation.statistics import mean_difference, mean_interval

values = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30)


def test_width_is_that_of_the_normal_interval():
    drawn = np.random.default_rng(0).normal(30, 4, 400)
    result = mean_interval(drawn)
    error = drawn.std() / 20
    assert result.mean == pytest.approx(drawn.mean())
    assert result.low == pytest.approx(result.mean - 1.96 * error, abs=0.06 * error)
    assert result.high == pytest.approx(result.mean + 1.96 * error, abs=0.06 * error)
    assert (result.count, result.left_out) == (400, 0)


@settings(max_examples=20)
@given(values, st.randoms())
def test_the_same_in_any_order_and_every_time(result, shuffler):
    first = mean_interval(result)
    assert first == mean_interval(result)
    assert first.low <= first.high
    slack = 1e-9 * max(map(abs, result))
    assert min(result) - slack <= first.low and first.high <= max(result) + slack
    shuffler.shuffle(result)
    assert mean_interval(result) == first


def test_memory_is_bounded_and_changes_little(monkeypatch):
    drawn = np.random.default_rng(2).normal(size=50)
    whole = mean_interval(drawn)
    monkeypatch.setattr(statistics, "_BATCH", 1000)
    assert mean_interval(drawn) == whole  # the stream of draws goes on where the last piece ended


def test_infinite_values_are_counted_apart():
    result = mean_interval([30.0, math.inf, 20.0, 25.0, math.inf])
    assert (result.mean, result.count, result.left_out) == (25, 3, 2)
    assert result.low >= 20 and result.high <= 30


@pytest.mark.parametrize(
    ("numbers", "mean", "count", "infinite"),
    [([], math.nan, 0, 0), ([math.inf] * 3, math.nan, 0, 3), ([5.0], 5.0, 1, 0)],
)
def test_no_interval_from_too_little(numbers, mean, count, infinite):
    result = mean_interval(numbers)
    assert result.mean == pytest.approx(mean, nan_ok=True)
    assert math.isnan(result.low) and math.isnan(result.high)
    assert (result.count, result.left_out) == (count, infinite)


def test_pairs_are_of_differences():
    draws = np.random.default_rng(3)
    pictures = draws.normal(25, 6, 60)  # they differ much more than the methods do
    a, b = pictures + draws.normal(0.5, 0.2, 60), pictures
    result = mean_difference(list(a), list(b))
    assert 0.4 < result.low < result.mean < result.high < 0.6
    assert result.mean == pytest.approx(np.mean(a - b))
    back = mean_difference(list(b), list(a))
    assert back.mean == pytest.approx(-result.mean)
    assert (result.count, result.left_out) == (60, 0)


def test_pairs_with_an_infinite_value_are_left_out():
    result = mean_difference([1.0, math.inf, 5.0, math.inf], [2.0, 3.0, 8.0, math.inf])
    assert (result.mean, result.count, result.left_out) == (-2, 2, 2)
    assert math.isnan(mean_difference([math.inf], [1.0]).mean)


def test_what_cannot_be_summed_up_is_refused():
    with pytest.raises(UsageError):
        mean_difference([1.0, 2.0], [1.0])
    with pytest.raises(UsageError):
        mean_interval([1.0, math.nan])
