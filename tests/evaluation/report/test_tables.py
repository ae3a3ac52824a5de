"""The numbers in tables are those of an independent computation."""

import math
from statistics import fmean

import pytest

from deepgin.evaluation.report.cases import Cases
from deepgin.evaluation.report.tables import (
    bin_of,
    by_coverage,
    by_masks,
    counted,
    failures,
    interval,
    number,
    of_masks,
)
from deepgin.evaluation.statistics import mean_interval


def column(table, title):
    place = [head.split(" ")[0] for head in table.head].index(title)
    return {row[0].text: row[place] for row in table.rows}


def plain_mean(report, method, metric, chosen_by):
    """The mean in as few words as possible: of finite values of pictures that are chosen."""
    values = [
        s.values[metric]
        for s in report.scores
        if s.method == method and chosen_by(s) and math.isfinite(s.values[metric])
    ]
    return fmean(values)


@pytest.mark.parametrize("method", ["ours", "telea", "mean"])
@pytest.mark.parametrize(("metric", "digits"), [("psnr", 2), ("l1", 4)])
def test_means_are_over_pictures_that_every_method_finished(full, method, metric, digits):
    table = by_masks(Cases(full), "rectangle")
    result = column(table, metric)[method]
    mean = plain_mean(
        full, method, metric, lambda s: s.masks == "rectangle" and s.picture != "p5.jpg"
    )
    assert result.value == pytest.approx(mean)
    assert result.text == f"{mean:.{digits}f}"
    chosen = [("rectangle", f"p{i}.jpg") for i in (0, 1, 2, 3, 4, 6)]
    known = mean_interval(Cases(full).values(method, metric)[case] for case in chosen)
    assert result.interval == f"[{known.low:.{digits}f}, {known.high:.{digits}f}]"


def test_infinite_values_are_counted_apart(full):
    result = column(by_masks(Cases(full), "rectangle"), "psnr")
    assert result["telea"].note == "1 infinite"
    assert result["telea"].whole.endswith("] (1 infinite)")
    assert result["ours"].note == ""
    # Its best picture is not in its mean: no mean of the column may be called the best.
    assert not any(cell.best for cell in result.values())


def test_the_best_is_the_highest_psnr_and_the_lowest_l1(full):
    table = by_masks(Cases(full), "my masks")
    for metric in ("psnr", "l1"):
        assert [name for name, cell in column(table, metric).items() if cell.best] == ["ours"]


def test_the_best_may_be_the_nearest_to_1(score, report_of):
    shares = {"ours": (0.8, 0.9), "telea": (0.3, 0.1), "mean": (1.3, 1.2)}
    scores = [
        score(method, picture=picture, values={"share": value})
        for method, values in shares.items()
        for picture, value in zip("ab", values, strict=True)
    ]
    table = by_masks(Cases(report_of(scores)), "rectangle")
    assert table.head[1] == "share → 1"
    result = column(table, "share")
    assert [name for name, cell in result.items() if cell.best] == ["ours"]
    assert result["telea"].text == "0.2000"


def test_a_method_that_failed_is_marked_and_n_is_said(full):
    table = by_masks(Cases(full), "rectangle")
    marks = {row[0].text: row[0].note for row in table.rows}
    assert marks == {"ours": "", "telea": "", "mean": "not on 1"}
    assert table.notes[0].startswith("Means over the 6 pictures of 7 that every method finished")


def test_a_method_that_finished_nothing_empties_no_table(score, report_of):
    scores = [score(picture=name, psnr=20.0) for name in "ab"]
    scores += [score("broken", picture=name, psnr=None, error="no") for name in "ab"]
    table = by_masks(Cases(report_of(scores)), "rectangle")
    result = column(table, "psnr")
    assert (result["ours"].text, result["broken"].text) == ("20.00", "–")
    assert column(table, "seconds")["broken"].text == "–"
    assert table.rows[1][0].note == "not on 2"


def test_a_metric_that_does_not_apply_everywhere_says_its_own_n(score, report_of):
    scores = [score(picture=name) for name in "abc"]
    scores[1].values["grid"] = math.nan  # which is no value
    scores[0].values["grid"] = 2.0
    scores[2].values["grid"] = 4.0
    table = by_masks(Cases(report_of(scores)), "rectangle")
    assert "grid ↑ (n = 2)" in table.head
    assert column(table, "grid")["ours"].text == "3.0000"
    assert "Means over the 3 pictures that" in table.notes[0]


def test_seconds_are_over_the_same_pictures(full):
    result = column(by_masks(Cases(full), "rectangle"), "seconds")["telea"]
    assert result.value == pytest.approx(0.1 * fmean([0, 1, 2, 3, 4, 6]))


def test_whole_sets_stand_beside_with_their_count_and_warning_once(full):
    table = by_masks(Cases(full), "rectangle")
    result = column(table, "fid")
    assert {name: cell.whole for name, cell in result.items()} == {
        "ours": "41.50 (n = 7)",
        "telea": "–",
        "mean": "30.25 (n = 6)",
    }
    assert not any(cell.best for cell in result.values()), "of other pictures"
    assert table.notes.count("fid: 7 pictures are few") == 1
    assert "fid ↓" not in by_masks(Cases(full), "my masks").head


def test_mask_sets_as_columns(full):
    table = of_masks(Cases(full), "psnr")
    assert table.head == (
        "method",
        "rectangle (n = 6)",
        "my masks (n = 7)",
        "seconds a picture",
    )
    mean = plain_mean(full, "mean", "psnr", lambda s: s.masks == "my masks")
    assert table.rows[2][2].text == f"{mean:.2f}"
    assert table.rows[2][0].whole == "mean (not on 1)"


def test_by_coverage_takes_all_mask_sets_together(full):
    table = by_coverage(Cases(full), "psnr")
    # Picture 5 of 0.55 has one mask fewer; 0.00 to 0.66 are seven tenths.
    assert [head for head in table.head[1:]] == [
        f"{10 * i}–{10 * i + 10} % (n = {1 if i == 5 else 2})" for i in range(7)
    ]
    mean = plain_mean(full, "mean", "psnr", lambda s: s.picture == "p3.jpg")
    assert table.rows[2][4].text == f"{mean:.2f}"
    assert table.rows[2][6].interval == "", "of a single picture"


def test_failures_say_where_and_why(full):
    rows = [tuple(cell.text for cell in row) for row in failures(Cases(full)).rows]
    assert rows == [
        ("mean", "rectangle", "p5.jpg", "no memory"),
        ("all", "", "bad.jpg", "bad.jpg is damaged"),
    ]


def test_numbers_and_intervals():
    texts = [number(value, 2) for value in (1.005, -0.001, math.nan, math.inf, -2.5)]
    assert texts == ["1.00", "0.00", "–", "infinite", "-2.50"]
    assert [number(v, 1, sign=True) for v in (1, -1, 0, -0.01)] == ["+1.0", "-1.0", "+0.0", "+0.0"]
    assert interval(-1, 2.375, 2, sign=True) == "[-1.00, +2.38]"
    assert interval(math.nan, math.nan, 2) == ""
    assert counted(2000, "picture") == "2,000 pictures"
    assert [bin_of(share) for share in (0, 0.0999, 0.1, 0.99, 1)] == [0, 0, 1, 9, 9]
