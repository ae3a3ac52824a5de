"""`deepgin table1`, `table2` and `ablation`, from files to the printed table."""

import json

import numpy as np
import pytest
from PIL import Image

from deepgin.evaluation.scores import Report
from deepgin.experiments.published import TABLE1
from deepgin.weights import read_card

RECIPE = {
    "network": {"width": 4},
    "data": {"size": 32, "pictures_per_step": 1},
    "loss": {"network": "", "perceptual": 0, "style": 0},
    "warm_up": {"length": 12},
    "ema": {"half_lives": [6]},
    "watch": {"tensorboard": False},
}


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(3):
        small = np.random.default_rng(i).integers(0, 256, (4, 4, 3), np.uint8)
        Image.fromarray(small).resize((48, 40), Image.Resampling.BICUBIC).save(folder / f"{i}.png")
    return folder


def test_table1(deepgin, photos, weights, tmp_path):
    out = tmp_path / "out"
    arguments = ["--data", photos, "--rows", f"deepgin-prefill={weights}", "-o", out]
    code, printed, _ = deepgin("table1", *arguments)
    assert code == 0
    assert (out / "table1.md").read_text().strip() == printed.strip()
    report = Report.read(out / "report.json")
    assert report.pictures["size"] == "original"
    assert [*report.methods] == ["deepgin-prefill"]
    assert {score.fit.split(" (")[0] for score in report.scores} == {"polyphase"}
    row = next(line for line in printed.splitlines() if "| deepgin-prefill |" in line)
    assert row.count(" - ") == 5
    assert all(label in printed for label, _ in TABLE1.values())


def test_table2(deepgin, photos, weights, tmp_path):
    out = tmp_path / "out"
    arguments = ["--data", f"ffhq={photos}", "--methods", "mean,pull-push", "-o", out]
    code, printed, err = deepgin("table2", *arguments)
    assert code == 0
    assert (out / "table2.md").read_text().strip() == printed.strip()
    assert "ffhq, original" in err
    for size in ("original", "256"):
        report = Report.read(out / f"ffhq-{size}" / "report.json")
        assert report.pictures["size"] == size
        assert len(report.scores) == 2 * 2 * 3
    assert printed.count("| mean |") == printed.count("| DeepFill v2 |") == 2


def test_ablation(deepgin, photos, tmp_path):
    recipe, out = tmp_path / "mine.yaml", tmp_path / "out"
    recipe.write_text(json.dumps(RECIPE))
    arguments = ["--train", photos, "--data", photos, "--recipe", recipe, "--threads", 1]
    rows = ["--rows", "std-coarse*2,std", "-o", out]
    code, printed, _ = deepgin("ablation", *arguments, *rows)
    assert code == 0
    table = (out / "ablation.md").read_text()
    assert printed.endswith(table)  # after what training tells
    assert "--recipe mine.yaml" in table
    cards = {
        path.parent.name: read_card(path) for path in out.rglob("runs/*/last-warm_up.safetensors")
    }
    assert {name: card.training["samples"] for name, card in cards.items()} == {
        "std-coarse-1": 12,
        "std-coarse-2": 12,
        "std-1": 12,
    }
    report = Report.read(out / "report.json")
    assert [*report.methods] == ["std-coarse-1", "std-coarse-2", "std-1"]
    assert len({s.values["psnr"] for s in report.scores if s.picture == "0.png"}) > 3
    # A row more: what is trained and measured stays.
    before = {path: path.stat().st_mtime_ns for path in out.rglob("runs/std-*/checkpoint*")}
    rows[1] = "std-coarse*2,std,std-sa"
    code, printed, err = deepgin("ablation", *arguments, *rows)
    assert code == 0
    assert "27 are done" in err
    assert [*Report.read(out / "report.json").methods][-1] == "std-sa-1"
    assert {path.name for path in before} == {
        path.name for path in out.rglob("runs/std-[c1]*/checkpoint*")
    }
