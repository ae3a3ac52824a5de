"""Paired differences, and which reports may stand in one table."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgin.errors import UsageError
from deepgin.evaluation.compare import differences, merit, not_compared, pairs_of
from deepgin.evaluation.scores import Report, Score, SetScore

PSNR = {"definition": "d", "unit": "dB", "better": "higher"}


def report_of(values, masks="rectangle", better="higher", **other):
    """A report of psnr by method, a list with a value for each picture; None failed."""
    scores = [
        Score(method, masks, f"p{i}", 8, 8, 0.2, 1.0, "", error, {} if error else {"psnr": v})
        for method, row in values.items()
        for i, v in enumerate(row)
        for error in ["no" if v is None else ""]
    ]
    facts = {
        "command": "c",
        "versions": {},
        "device": "cpu",
        "pictures": {"count": 3, "hash": "a" * 64, "size": "256"},
        "masks": {masks: {"hash": "b" * 64, "definition": "m"}},
        "methods": {name: "" for name in values},
        "metrics": {"psnr": PSNR | {"better": better}},
    }
    return Report(**facts | {"scores": tuple(scores)} | other)


def difference(a, b, better="higher"):
    report = report_of({"x": a, "y": b}, better=better)
    report = replace(report, scores=report.scores[::-1])  # pairs go by picture, not by place
    (one,) = differences(report, report, [("x", "y")])
    return one


def test_the_mean_is_of_first_minus_second():
    one = difference([21, 22, 26], [20, 20, 20])
    assert one.pairs.mean == pytest.approx((1 + 2 + 6) / 3)
    assert (one.pairs.count, one.pairs.left_out, one.unpaired) == (3, 0, 0)
    assert one.pairs.low <= one.pairs.mean <= one.pairs.high


def test_the_difference_is_of_distances_from_1_where_that_is_right():
    one = difference([1.5, 0.25], [0.875, 2], "nearer 1")
    assert one.pairs.mean == pytest.approx((0.5 - 0.125 + 0.75 - 1) / 2)
    assert one.better == "nearer 1"


@pytest.mark.parametrize(
    ("better", "ranked"),
    [
        ("higher", [0.2, 0.9, 1.5, 3]),
        ("lower", [3, 1.5, 0.9, 0.2]),
        ("nearer 1", [3, 0.2, 1.5, 0.9]),
    ],
)
def test_merit_ranks_from_worst_to_best(better, ranked):
    assert sorted(ranked, key=lambda value: merit(value, better)) == ranked


def test_what_has_no_pair_is_counted():
    one = difference([21, None, math.inf, math.nan, 25], [20, 20, 20, 20, None])
    assert one.pairs.mean == 1
    assert (one.pairs.count, one.pairs.left_out, one.unpaired) == (1, 1, 3)


@pytest.mark.parametrize(
    ("a", "b", "better", "verdict"),
    [
        ([2, 3, 2, 4, 2, 3], [1] * 6, "higher", "better"),
        ([2, 3, 2, 4, 2, 3], [1] * 6, "lower", "worse"),
        # Both are 1 on average: the first always, the second never.
        ([1] * 6, [0.5, 1.5, 0.4, 1.6, 0.7, 1.3], "nearer 1", "better"),
        ([3, 4, 3, 4, 3, 4], [0.9] * 6, "nearer 1", "worse"),
        ([0.5] * 6, [1.5] * 6, "nearer 1", "not distinguishable at 95 %"),
        ([1, 2, 1, 2, 1, 2], [2, 1, 2, 1, 2, 1], "higher", "not distinguishable at 95 %"),
        ([1] * 6, [1] * 6, "higher", "not distinguishable at 95 %"),
        ([9] * 5, [1] * 5, "higher", "too few pairs to tell (below 6)"),
    ],
)
def test_words(a, b, better, verdict):
    assert difference(a, b, better).verdict == verdict


@settings(max_examples=20)
@given(st.lists(st.tuples(st.floats(0, 60), st.floats(0, 60)), min_size=6, max_size=12))
def test_the_other_way_round_says_the_opposite(pairs):
    a, b = map(list, zip(*pairs, strict=True))
    opposite = {"better": "worse", "worse": "better"}
    there, back = difference(a, b), difference(b, a)
    assert back.pairs.mean == pytest.approx(-there.pairs.mean)
    if abs(there.pairs.mean) > 1e-9:
        assert (back.pairs.low, back.pairs.high) == (-there.pairs.high, -there.pairs.low)
        assert back.verdict == opposite.get(there.verdict, there.verdict)


def test_two_reports_of_the_same_pictures_and_masks():
    first, second = report_of({"x": [3.0, 4.0]}), report_of({"x": [1.0, 1.0], "z": [2.0, 2.0]})
    assert differences(first, second, [("x", "x")])[0].pairs.mean == 2.5
    assert differences(first, second, [("x", "z")])[0].pairs.mean == 1.5


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pictures": {"count": 9, "hash": "c" * 64, "size": "512"}}, "pictures"),
        ({"masks": {"rectangle": {"hash": "d" * 64}}}, "rectangle"),
        ({"masks": {"rectangle": {}}}, "rectangle"),
        ({"pictures": {"hash": "e"}, "masks": {"rectangle": {}}}, "pictures.*rectangle"),
        ({"pictures": {}}, "hash"),
        ({"metrics": {"psnr": PSNR | {"definition": "other"}}}, "psnr"),
        ({"metrics": {"psnr": PSNR | {"better": "lower"}}}, "psnr"),
    ],
)
def test_what_differs_is_refused_by_name(change, words):
    first = report_of({"x": [3.0]})
    for pair in ((first, replace(first, **change)), (replace(first, **change), first)):
        with pytest.raises(UsageError, match=words):
            differences(*pair, [("x", "x")])


def test_mask_sets_of_one_report_alone_stand_aside():
    first = report_of({"x": [3.0]})
    more = replace(first, masks=first.masks | {"freeform": {"hash": "2" * 64}})
    assert {one.masks for one in differences(first, more, [("x", "x")])} == {"rectangle"}
    assert not_compared(first, more) == not_compared(more, first) == ["freeform"]
    with pytest.raises(UsageError):
        differences(first, report_of({"x": [3.0]}, masks="cellular"), [("x", "x")])


def test_names_that_are_not_there():
    report = report_of({"deepgin": [3.0], "telea": [3.0]})
    with pytest.raises(UsageError, match="deepgn.*deepgin"):
        differences(report, report, [("deepgn", "telea")])
    with pytest.raises(UsageError, match="psn"):
        differences(report, report, [("deepgin", "telea")], ["psn"])
    sets = (SetScore("telea", "rectangle", "fid", 1.0, 1),)
    with pytest.raises(UsageError, match="fid"):
        differences(replace(report, sets=sets), report, [("deepgin", "telea")], ["fid"])


def test_which_methods_are_compared():
    a, b = report_of({"x": [1.0], "y": [1.0], "z": [1.0]}), report_of({"z": [1.0], "x": [1.0]})
    assert pairs_of(a, a, ["y", "x", "z"]) == [("y", "x"), ("y", "z")]
    assert pairs_of(a, b, []) == [("x", "x"), ("z", "z")]
    assert pairs_of(a, b, ["y", "z"]) == [("y", "z")]
    assert pairs_of(a, b, ["x"]) == [("x", "x")]
    for names in ([], ["x"]):
        with pytest.raises(UsageError, match="x, y, z"):
            pairs_of(a, a, names)
    with pytest.raises(UsageError):
        pairs_of(a, b, ["x", "y", "z"])
    with pytest.raises(UsageError):
        pairs_of(a, report_of({"q": [1.0]}), [])
