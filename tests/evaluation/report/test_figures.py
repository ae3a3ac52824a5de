"""Which pictures are shown, how they come into the page, and histograms of differences."""

import base64
import io
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from deepgin.evaluation.report.cases import Cases
from deepgin.evaluation.report.figures import BARS, embedded, extremes, figures, histogram

NUMBERS = st.floats(-1e6, 1e6).filter(lambda value: value == 0 or abs(value) > 1e-6)


def save(path, colour, size=(8, 6)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def opened(source):
    kind, data = source.split(",")
    assert kind == "data:image/webp;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


def ranked(score, report_of, values):
    return Cases(report_of([score(picture=f"{v}.png", psnr=v) for v in values]))


def test_worst_median_and_best(score, report_of):
    cases = ranked(score, report_of, [30, 10, math.inf, 20, 25])
    assert extremes(cases, "rectangle", "ours", "psnr") == [
        ("worst", "10.png"),
        ("median", "25.png"),
        ("best", "inf.png"),
    ]
    assert extremes(cases, "my masks", "ours", "psnr") == []


def test_other_metrics_rank_their_own_way(score, report_of):
    cases = ranked(score, report_of, [10, 20, 40])  # l1 is 1 / psnr, and lower is better
    assert extremes(cases, "rectangle", "ours", "l1")[0] == ("worst", "10.png")
    shares = {"a": 0.1, "b": 1.2, "c": 2.5}
    cases = Cases(report_of([score(picture=p, values={"share": v}) for p, v in shares.items()]))
    pictures = [picture for _, picture in extremes(cases, "rectangle", "ours", "share")]
    assert pictures == ["c", "a", "b"]


@pytest.mark.parametrize(("count", "which"), [(1, ["only"]), (2, ["worst", "best"])])
def test_few_pictures(score, report_of, count, which):
    cases = ranked(score, report_of, range(10, 10 + count))
    assert [w for w, _ in extremes(cases, "rectangle", "ours", "psnr")] == which


def test_hole_methods_and_truth_in_this_order(score, report_of, tmp_path):
    scores = [
        score(picture="in/a.jpg", psnr=21.0),
        score("telea", picture="in/a.jpg", psnr=None, error="no"),
        score("mean", picture="in/a.jpg", psnr=18.0),
    ]
    save(tmp_path / "hole/rectangle/in/a.jpg.png", "white")
    save(tmp_path / "ours/rectangle/in/a.jpg.png", (200, 0, 0))
    save(tmp_path / "truth/in/a.jpg.png", (0, 0, 200))
    cases = Cases(report_of(scores))
    (figure,) = figures(cases, "rectangle", "ours", "psnr", tmp_path)
    assert [(p.label, p.caption, bool(p.source)) for p in figure.panels] == [
        ("hole", "", True),
        ("ours", "21.00 dB", True),
        ("telea", "failed", False),
        ("mean", "18.00 dB", False),  # its picture is not there
        ("truth", "", True),
    ]
    colour = np.asarray(opened(figure.panels[1].source).convert("RGB")).mean((0, 1))
    assert np.abs(colour - (200, 0, 0)).max() < 6


@pytest.mark.parametrize(("size", "shown"), [((1000, 400), (256, 102)), ((20, 10), (20, 10))])
def test_large_pictures_are_scaled_down(tmp_path, size, shown):
    save(tmp_path / "a.png", "red", size)
    assert opened(embedded(tmp_path, "a.png")).size == shown


@pytest.mark.parametrize(
    "inside", ["../secret.png", "x/../../secret.png", "none.png", "", "bad.png"]
)
def test_what_lies_elsewhere_or_nowhere_is_not_shown(tmp_path, inside):
    save(tmp_path / "secret.png", "red")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "bad.png").write_bytes(b"no picture")
    assert embedded(tmp_path / "pictures", inside) == ""


@settings(max_examples=30)
@given(st.lists(NUMBERS, max_size=30))
def test_every_difference_is_in_one_bar(values):
    drawn = histogram(values)
    assert sum(bar.count for bar in drawn.bars) == len(values)
    top = max(map(abs, values), default=1)
    assert top <= drawn.reach <= max(2 * top, 1)
    for bar in drawn.bars:
        # An edge belongs to one of its two bars; rounding may choose.
        slack = 1e-9 * drawn.reach
        inside = sum(bar.low + slack < value < bar.high - slack for value in values)
        touching = sum(bar.low - slack <= value <= bar.high + slack for value in values)
        assert inside <= bar.count <= touching
        assert 0 <= bar.share <= 1


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
