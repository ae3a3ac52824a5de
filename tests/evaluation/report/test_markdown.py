"""Markdown tables, and what stands below them."""

from dataclasses import replace

import pytest

from deepgin.evaluation.report.cases import Cases
from deepgin.evaluation.report.markdown import markdown, markdown_of
from deepgin.evaluation.report.tables import Cell, Table, of_all, of_masks


def test_the_table_is_that_of_the_mask_sets(full):
    text = markdown(full)
    table = of_masks(Cases(full), "psnr")
    lines = text.split("\n")
    assert lines[0] == f"| {' | '.join(table.head)} |"
    assert lines[1] == "|---|---:|---:|---:|"
    for line, row in zip(lines[2:], table.rows, strict=False):
        assert line == f"| {' | '.join(cell.whole for cell in row)} |"


def test_what_is_needed_to_read_and_repeat_it_stands_below(full):
    below = markdown(full).split("\n\n")[1]
    for wanted in (
        "psnr in dB: of &lt;all&gt; pixels;",
        "95 % bootstrap interval",
        "7 pictures, centre squares of 256 pixels, `ffffffffffffffff`",
        "rectangle `1111111111111111`, my masks `2222222222222222`",
        "infinite are counted apart",
        "mean failed 1 time; 1 picture could not be measured",
        "cpu (float32), deepgin 0.1, torch 2.13",
        "Command: `deepgin evaluate --data PHOTOS`.",
    ):
        assert wanted in below
    assert "f" * 17 not in below


def test_another_metric(full):
    assert "l1: mean \\|a - b\\|; mean over" in markdown(full, "l1")


def test_pictures_of_their_own_size(full):
    told = replace(full, pictures=full.pictures | {"size": "original"})
    assert "7 pictures, whole, at their own size" in markdown(told)


def test_names_break_no_table(score, report_of):
    name = "a|b\n<script>[x](y)"
    text = markdown(report_of([score(name, picture=p) for p in "ab"]))
    row = text.split("\n")[2]
    assert row.startswith(r"| a\|b &lt;script&gt;[x\](y) | 20.00")
    assert text.replace(r"\|", "").split("\n")[2].count("|") == 5


def test_a_report_without_values(score, report_of):
    text = markdown(report_of([score(psnr=None, error="broken")]))
    assert "| ours (not on 1) | – | – | – |" in text
    assert "No method has a value of any picture." in text


def test_notes_come_below():
    table = Table(("method", "b"), ((Cell("x"), Cell("1", "[0, 2]")),), ("One.", "Two."))
    assert markdown_of(table) == "| method | b |\n|---|---:|\n| x | 1 [0, 2] |\n\nOne. Two."


@pytest.fixture
def looks(score, report_of):
    """Two methods on three pictures under one mask set; `vgg` has no value of one picture."""
    scores = []
    for place, picture in enumerate("abc"):
        for method, level in (("ours", 1.0), ("telea", 2.0)):
            values = {"psnr": 20 * level, "laplacian": level / 2, "l1": 0.1}
            if place:
                values["vgg"] = level / 10 + place / 100
            scores.append(score(method, picture=picture, values=values, seconds=level))
    told = {"definition": "of <looks>", "unit": "", "better": "lower"}
    psnr = {"definition": "of pixels", "unit": "dB", "better": "higher"}
    metrics = dict.fromkeys(("l1", "vgg", "laplacian"), told) | {"psnr": psnr}
    masks = {"rectangle": {"hash": "1" * 64, "definition": "one box"}}
    return report_of(scores, metrics=metrics, masks=masks)


def test_metrics_of_looks_get_a_table_of_their_own(looks):
    second, definitions = markdown(looks).split("\n\n")[2:]
    table = of_all(Cases(looks), ["psnr", "vgg", "laplacian"])
    assert second == markdown_of(table)
    assert second.split("\n")[1] == "|---|---|---:|---:|---:|---:|"
    assert [[cell.whole for cell in row] for row in table.rows] == [
        ["rectangle (n = 3)", "ours", "20.00", "0.1150 (n = 2)", "0.5000", "1.000"],
        ["rectangle (n = 3)", "telea", "40.00", "0.2150 (n = 2)", "1.0000", "2.000"],
    ]
    assert "vgg: of &lt;looks&gt;; laplacian: of" in definitions
    assert "l1" not in second + definitions


def test_a_table_that_is_asked_for_stands_alone(looks, full):
    assert len(markdown(looks, "vgg").split("\n\n")) == 2
    assert len(markdown(full).split("\n\n")) == 2
