"""Names and numbers as readers see them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgin.evaluation.report.markdown import code, escaped, plain
from deepgin.evaluation.report.tables import counted, interval, number


@given(st.text())
def test_what_is_plain_can_be_printed_on_one_line(text):
    found = plain(text)
    assert len(found) == len(text)
    assert found.isprintable()
    found.encode("utf-8")


def test_half_a_name_and_marks_of_direction_are_replaced():
    assert plain("a\udcff\u202e\x1b[31m") == "a���[31m"
    assert plain("a\nb\tc\xa0d") == "a b c d"


def test_markdown_cells_hold_no_markup():
    assert escaped("a|b`c*<script>&") == r"a\|b\`c\*&lt;script&gt;&amp;"
    assert escaped("[x](y) [1, 2]") == r"[x\](y) [1, 2]"
    assert escaped("back\\slash") == r"back\\slash"


def test_code_holds_any_number_of_backticks():
    assert code("a b") == "`a b`"
    assert code("a `` b") == "``` a `` b ```"


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.005, "1.00"), (-0.001, "0.00"), (math.nan, "–"), (math.inf, "infinite"), (-2.5, "-2.50")],
)
def test_numbers(value, text):
    assert number(value, 2) == text


def test_signs():
    assert [number(v, 1, sign=True) for v in (1, -1, 0, -0.01)] == ["+1.0", "-1.0", "+0.0", "+0.0"]


def test_intervals():
    assert interval(1, 2.375, 2) == "[1.00, 2.38]"
    assert interval(math.nan, math.nan, 2) == ""
    assert interval(-1, 2, 1, sign=True) == "[-1.0, +2.0]"


def test_counts():
    assert [counted(n, "picture") for n in (0, 1, 2000)] == [
        "0 pictures",
        "1 picture",
        "2,000 pictures",
    ]
