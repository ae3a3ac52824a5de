"""The paper's tables: our figures where they were measured, the printed ones beside."""

import math
from pathlib import Path

import pytest

from deepgin.errors import UsageError
from deepgin.evaluation.scores import Report, Score, SetScore
from deepgin.experiments import table1, table2
from deepgin.experiments.published import PRINTED, TABLE1, TABLE2, cell

ABOUT = {"definition": "", "unit": "", "better": "higher"}


def report_of(methods, masks, values, sets=(), metrics=("psnr", "ssim")):
    scores = [
        Score(m, k, f"{i}.png", 8, 8, 0.5, 0.1, "", "", {"psnr": v, "ssim": v / 100})
        for m in methods
        for k in masks
        for i, v in enumerate(values[m, k])
    ]
    return Report(
        command="deepgin x",
        versions={},
        device="cpu (float32)",
        pictures={"count": 2, "hash": "ab" * 32, "size": "original"},
        masks={k: {"hash": "cd" * 32, "definition": ""} for k in masks},
        methods=dict.fromkeys(methods, ""),
        metrics=dict.fromkeys(metrics, ABOUT),
        scores=tuple(scores),
        sets=tuple(sets),
    )


def rows_of(text):
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[part.strip() for part in line.strip("|").split("|")] for line in lines]


def test_cells():
    values = {("a", "mixed"): [20.0, 30.0, math.inf]}
    sets = [SetScore("a", "mixed", "fid", 12.345, 3)]
    report = report_of(["a"], ["mixed"], values, sets)
    assert cell(report, "a", "mixed", "psnr") == "25.00 (1 infinite)"
    assert cell(report, "a", "mixed", "fid") in ("12.34", "12.35")
    assert cell(report, "a", "other", "psnr") == cell(report, "b", "mixed", "ssim") == "-"


def test_table1():
    names = ["std", "deepgin", "deepgin-prefill"]
    values = {(n, "mixed"): [20.0 + i, 22.0 + i] for i, n in enumerate(names)}
    sets = [SetScore("std", "mixed", "fid", 99.5, 2)]
    metrics = ("psnr", "ssim", "fid")
    text = table1.markdown(report_of(names, ["mixed"], values, sets, metrics))
    head, _, *rows = rows_of(text)
    assert head == ["row", "network", "PSNR", "SSIM", "FID", *(f"paper: {m}" for m in PRINTED)]
    ours = {row[1]: row for row in rows}
    # All seven of the paper and ours that was measured, in the paper's order.
    assert list(ours) == [*TABLE1, "deepgin-prefill"]
    assert ours["std"][2:6] == ["21.00", "0.210", "99.50", "31.34"]
    assert ours["deepgin"][2:6] == ["22.00", "0.220", "-", "33.26"]
    assert ours["std-coarse"] == [
        "StdResBlk (Coarse only)", "std-coarse", "-", "-", "-", "31.55", "-", "-", "23.824", "0.182",
    ]  # fmt: skip
    assert ours["deepgin-prefill"][2:] == ["23.00", "0.230", "-"] + ["-"] * 5
    assert "mixed `cdcdcdcdcdcdcdcd`" in text
    assert "`deepgin x`" in text


def test_weights_of_the_rows(tmp_path):
    (tmp_path / "w").mkdir()
    for name in ("deepgin", "std", "else"):
        (tmp_path / "w" / f"{name}.safetensors").touch()
    assert list(table1.weights_of(str(tmp_path / "w"))) == ["std", "deepgin"]
    assert table1.weights_of("deepgin=a,std=b") == {"std": Path("b"), "deepgin": Path("a")}
    for spec in ("else=a", "std", "std="):
        with pytest.raises(UsageError):
            table1.weights_of(spec)
    with pytest.raises(UsageError):
        table1.weights_of(str(tmp_path))


def test_table2():
    def one(size, value):
        kinds = [masks[size] for masks in table2.MASKS.values()]
        values = {("ours", kind): [value + i] * 2 for i, kind in enumerate(kinds)}
        return report_of(["ours"], kinds, values)

    reports = {
        (data, size): one(size, value)
        for data in ("ffhq", "mine")
        for size, value in (("original", 20.0), ("256", 30.0))
    }
    text = table2.markdown(reports)
    assert text.count("**ffhq, three kinds**") == text.count("**mine, rectangles**") == 1
    assert text.count("printed in the paper") == 2  # nothing was printed of other data
    ours = [row for row in rows_of(text) if row[0] == "ours"]
    assert ours[0] == ["ours", "20.00", "0.200", "30.00", "0.300"]
    assert ours[1] == ["ours", "21.00", "0.210", "31.00", "0.310"]
    printed = [row for row in rows_of(text) if row[0] == "DeepGIN"]
    expected = ["DeepGIN"]
    for size in ("original", "256"):
        expected += [f"{value:g}" for value in TABLE2["ffhq", "rectangles", "DeepGIN", size]]
    assert printed[0] == expected


def test_data_of_table2():
    assert table2.data_of("ffhq=a,x=b/c") == {"ffhq": Path("a"), "x": Path("b/c")}
    for spec in ("ffhq", "=a", "a/b=c", "a="):
        with pytest.raises(UsageError):
            table2.data_of(spec)
