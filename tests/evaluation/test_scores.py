"""A report survives being written and read, whatever names and values are in it."""

import json
import math

import pytest
from hypothesis import given
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


def report_of(*found, sets=()):
    return Report(
        "deepgin evaluate X",
        {"torch": "2"},
        "cpu",
        {"count": 1, "hash": "ab", "size": "256"},
        {"rectangle": {"hash": "cd", "definition": "one"}},
        {"ours": "a method"},
        {"psnr": {"definition": "d", "unit": "dB", "better": "higher"}},
        found,
        sets,
        (("gone.png", "it is damaged"),),
    )


@given(scores)
def test_scores(score):
    text = json.dumps(score_to_dict(score), allow_nan=False)
    assert "\n" not in text
    assert score_from_dict(json.loads(text)) == score


def test_a_report(tmp_path):
    one = Score("ours", "rectangle", "\udce9/<a>.png", 3, 4, 0.5, 0.1, "", "", {"psnr": math.inf})
    report = report_of(one, sets=(SetScore("ours", "rectangle", "fid", 3.5, 54, "too few"),))
    report.write(tmp_path / "report.json")
    assert Report.read(tmp_path / "report.json") == report


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', '"x"', "{", '{"format": 1,'])
def test_no_report(tmp_path, text):
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(DeepginError, match=r"r\.json"):
        Report.read(tmp_path / "r.json")


def test_another_format_or_no_file(tmp_path):
    (tmp_path / "r.json").write_text(json.dumps({"format": FORMAT + 1}))
    with pytest.raises(DeepginError):
        Report.read(tmp_path / "r.json")
    with pytest.raises(DeepginError, match=r"gone\.json"):
        Report.read(tmp_path / "gone.json")


def test_names_of_kept_pictures():
    found = [picture_path("deepgin:crop/rectangle", name) for name in ("a.png", "b/c.jpg", "d.PNG")]
    folder = "deepgin_crop/rectangle"
    assert found == [f"{folder}/a.png", f"{folder}/b/c.jpg.png", f"{folder}/d.PNG.png"]
