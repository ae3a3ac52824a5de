"""`deepgin compare`: how methods differ, in one report or in two."""

import json
import math
from dataclasses import replace

import pytest

from deepgin.evaluation.scores import Report, Score


@pytest.fixture
def report():
    """Eight pictures; `ours` is 1 dB above `telea`, `worse` now and then below."""
    rows = [("ours", 21 + i % 3) for i in range(8)] + [("telea", 20 + i % 3) for i in range(8)]
    scores = tuple(
        Score(name, "rectangle", f"p{i % 8}", 8, 8, 0.2, 1.0, "", "", {"psnr": v, "l1": 1 / v})
        for i, (name, v) in enumerate(rows)
    )
    metrics = {
        "psnr": {"definition": "d", "unit": "dB", "better": "higher"},
        "l1": {"definition": "e", "unit": "", "better": "lower"},
    }
    pictures = {"count": 8, "hash": "a" * 64, "size": "256"}
    masks = {"rectangle": {"hash": "b" * 64, "definition": "m"}}
    return Report("c", {}, "cpu", pictures, masks, {"ours": "", "telea": ""}, metrics, scores)


@pytest.fixture
def files(report, tmp_path):
    """The report twice."""
    paths = tmp_path / "A.json", tmp_path / "B.json"
    for path in paths:
        report.write(path)
    return paths


def test_two_methods_of_one_report(works, files):
    lines = works("compare", files[0], "--methods", "ours,telea", "--metric", "psnr").split("\n")
    assert lines[2] == (
        "| rectangle | psnr (dB) ↑ | ours | telea | +1.00 [+1.00, +1.00] | 8 | 0 | better |"
    )
    assert lines[3] == ""
    assert "first minus second" in lines[4]


def test_the_same_methods_of_two_reports(works, files):
    out = works("compare", *files)
    assert out.count("not distinguishable at 95 %") == 4  # two methods, two metrics
    assert f"ours of {files[0]} | ours of {files[1]}" in out


def test_a_method_of_each_report(works, files):
    out = works("compare", *files, "--methods", "telea,ours", "--metric", "l1")
    assert f"telea of {files[0]} | ours of {files[1]}" in out
    assert out.count("| worse |") == 1


def test_json(works, files, report):
    told = json.loads(works("compare", files[0], "--methods", "ours,telea", "--json"))
    assert told["masks"] == report.masks
    assert told["pictures"] == report.pictures
    (psnr, l1) = told["differences"]
    assert psnr["pairs"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "count": 8, "left_out": 0}
    assert (psnr["verdict"], l1["metric"], l1["verdict"]) == ("better", "l1", "better")


def test_json_of_nothing_to_compare_is_still_json(works, report, tmp_path):
    scores = [replace(s, values={"psnr": math.inf}) for s in report.scores]
    replace(report, scores=tuple(scores)).write(tmp_path / "A.json")
    out = works("compare", tmp_path / "A.json", "--methods", "ours,telea", "--json")
    assert "NaN" not in out
    assert json.loads(out)["differences"][0]["pairs"]["mean"] is None
    table = works("compare", tmp_path / "A.json", "--methods", "ours,telea")
    assert "| – | 0 | 8 | too few pairs to tell (below 6) |" in table


def test_other_masks_share_no_table(fails, files, report):
    masks = {"rectangle": {"hash": "c" * 64, "definition": "m"}}
    replace(report, masks=masks).write(files[1])
    line = fails(2, "compare", *files)
    assert "differ in the masks 'rectangle' (bbbbbbbbbbbbbbbb, and cccccccccccccccc)" in line


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1}', '{"format": 99}'])
def test_what_is_no_report(fails, files, text):
    files[1].write_text(text)
    assert str(files[1]) in fails(1, "compare", *files)


def test_one_report_without_methods(fails, files):
    assert "ours, telea" in fails(2, "compare", files[0])


def test_no_method_in_both(fails, files, report):
    renamed = tuple(replace(s, method=f"new {s.method}") for s in report.scores)
    replace(report, methods={}, scores=renamed).write(files[1])
    assert "no method is in both reports" in fails(2, "compare", *files)
