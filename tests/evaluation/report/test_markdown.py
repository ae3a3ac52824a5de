"""Markdown tables, and what stands below them."""

from dataclasses import replace

import pytest

from deepgin.evaluation.report.cases import Cases
from deepgin.evaluation.report.markdown import code, escaped, markdown, markdown_of, plain
from deepgin.evaluation.report.tables import of_all, of_masks


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
    facts = ("of &lt;all&gt; pixels", "f" * 16, "1" * 16, "2" * 16, "torch 2.13", full.device)
    for fact in (*facts, f"`{full.command}`", "mean failed 1 time; 1 picture"):
        assert fact in below
    assert "f" * 17 not in below
    assert "mean \\|a - b\\|" in markdown(full, "l1")
    other = replace(full, pictures=full.pictures | {"size": "original"})
    assert markdown(other).split("\n\n")[1] != below


def test_names_break_no_table(score, report_of):
    name = "a|b\n<script>[x](y)"
    text = markdown(report_of([score(name, picture=p) for p in "ab"]))
    row = text.split("\n")[2]
    assert row.startswith(r"| a\|b &lt;script&gt;[x\](y) | 20.00")
    assert text.replace(r"\|", "").split("\n")[2].count("|") == 5


def test_a_report_without_values(score, report_of):
    text = markdown(report_of([score(psnr=None, error="broken")]))
    assert "| ours (not on 1) | – | – | – |" in text


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
    about = {"definition": "of <looks>", "unit": "", "better": "lower"}
    psnr = {"definition": "of pixels", "unit": "dB", "better": "higher"}
    metrics = dict.fromkeys(("l1", "vgg", "laplacian"), about) | {"psnr": psnr}
    masks = {"rectangle": {"hash": "1" * 64, "definition": "one box"}}
    return report_of(scores, metrics=metrics, masks=masks)


def test_metrics_of_looks_get_a_table_of_their_own(looks, full):
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
    # A metric that is asked for by name has the first table alone.
    assert len(markdown(looks, "vgg").split("\n\n")) == 2
    assert len(markdown(full).split("\n\n")) == 2


def test_text_of_markdown_holds_no_markup():
    assert plain("a\udcff\u202e\x1b[31m") == "a���[31m"
    assert plain("a\nb\tc\xa0d") == "a b c d"
    assert escaped("a|b`c*<script>&") == r"a\|b\`c\*&lt;script&gt;&amp;"
    assert escaped("[x](y) [1, 2] back\\slash") == r"[x\](y) [1, 2] back\\slash"
    assert code("a b") == "`a b`"
    assert code("a `` b") == "``` a `` b ```"
