"""A report survives being written and read, whatever names and values are in it."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgin.errors import DeepginError
from deepgin.evaluation.scores import (
    FORMAT,
    Report,
    Score,
    SetScore,
    picture_path,
    score_from_dict,
    score_to_dict,
)

names = st.text(st.characters(blacklist_categories=[]), min_size=1, max_size=8)
numbers = st.floats(allow_nan=False)
scores = st.builds(
    Score,
    names,
    names,
    names,
    st.integers(1, 9),
    st.integers(1, 9),
    st.floats(0, 1),
    st.floats(0, 9),
    names,
    names,
    st.dictionaries(names, numbers, max_size=3),
)


def report_of(*scores, sets=()):
    return Report(
        command="deepgin evaluate X",
        versions={"torch": "2"},
        device="cpu",
        pictures={"count": 1, "hash": "ab", "size": "256"},
        masks={"rectangle": {"hash": "cd", "definition": "one"}},
        methods={"ours": "a method"},
        metrics={"psnr": {"definition": "d", "unit": "dB", "better": "higher"}},
        scores=scores,
        sets=sets,
        left_out=(("gone.png", "it is damaged"),),
    )


@settings(max_examples=30)
@given(scores)
def test_scores(score):
    text = json.dumps(score_to_dict(score), allow_nan=False)
    assert "\n" not in text
    assert score_from_dict(json.loads(text)) == score


def test_a_report(tmp_path):
    one = Score("ours", "rectangle", "\udce9/<a>.png", 3, 4, 0.5, 0.1, "", "", {"psnr": math.inf})
    report = report_of(one, sets=(SetScore("ours", "rectangle", "fid", 3.5, 54, "too few"),))
    report.write(tmp_path / "report.json")
    assert Report.read(tmp_path) == Report.read(tmp_path / "report.json") == report


@pytest.mark.parametrize(
    "text", ["", "[]", '{"format": 1}', '"x"', "{", json.dumps({"format": FORMAT + 1}), None]
)
def test_no_report(tmp_path, text):
    if text is not None:
        (tmp_path / "r.json").write_text(text)
    with pytest.raises(DeepginError, match=r"r\.json"):
        Report.read(tmp_path / "r.json")


@pytest.mark.parametrize(
    "change",
    [{"masks": []}, {"methods": None}, {"metrics": {"psnr": 1}}, {"pictures": "x"}, {"scores": ()}],
)
def test_reports_with_wrong_parts_are_refused(tmp_path, change):
    one = Score("ours", "rectangle", "a.png", 3, 4, 0.5, 0.1, "", "", {"psnr": 1.0})
    replace(report_of(one), **change).write(tmp_path / "report.json")
    with pytest.raises(DeepginError, match=r"report\.json"):
        Report.read(tmp_path)


def test_names_of_kept_pictures():
    names = [picture_path("deepgin:crop/rectangle", name) for name in ("a.png", "b/c.jpg", "d.PNG")]
    folder = "deepgin_crop/rectangle"
    assert names == [f"{folder}/a.png", f"{folder}/b/c.jpg.png", f"{folder}/d.PNG.png"]
