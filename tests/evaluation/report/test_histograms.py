"""Histograms of differences."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgin.evaluation.report.figures import BARS, histogram, nice

NUMBERS = st.floats(-1e6, 1e6).filter(lambda value: value == 0 or abs(value) > 1e-6)


@given(st.lists(NUMBERS, max_size=30))
def test_every_difference_is_in_one_bar(values):
    found = histogram(values)
    assert sum(bar.count for bar in found.bars) == len(values)
    for bar in found.bars:
        # An edge belongs to one of its two bars; rounding may choose.
        slack = 1e-9 * found.reach
        inside = sum(bar.low + slack < value < bar.high - slack for value in values)
        touching = sum(bar.low - slack <= value <= bar.high + slack for value in values)
        assert inside <= bar.count <= touching
        assert 0 <= bar.share <= 1


@given(st.floats(1e-6, 1e6))
def test_nice_is_not_below_and_not_far_above(value):
    assert value <= nice(value) <= 2 * value


def test_what_cannot_be_drawn_is_left_out():
    assert sum(bar.count for bar in histogram([math.inf, math.nan, 1.0]).bars) == 1
    assert sum(bar.count for bar in histogram([]).bars) == 0


@pytest.mark.parametrize(("better", "right"), [("higher", "better"), ("lower", "worse")])
def test_kinds(better, right):
    bars = histogram([3.0, 0.0], better).bars
    assert bars[-1].kind == right
    assert {bar.kind for bar in bars[BARS // 2 + 1 :]} == {right}
    assert bars[BARS // 2].kind == "even"
    assert bars[BARS // 2].count == 1
