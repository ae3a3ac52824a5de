"""Markdown tables, and what stands below them."""

from dataclasses import replace

from deepgin.evaluation.report import markdown, markdown_of
from deepgin.evaluation.report.cases import Cases
from deepgin.evaluation.report.tables import Cell, Table, of_masks


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
