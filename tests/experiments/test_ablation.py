"""The ablation: what it trains, that it goes on, and that its table says what was measured."""

import numpy as np
import pytest

from deepgin.errors import UsageError
from deepgin.evaluation.scores import Report, Score
from deepgin.experiments.ablation import STEPS, Run, markdown, runs_of
from deepgin.experiments.table1 import ROWS
from deepgin.training.recipe import DataRecipe, NetworkRecipe, Recipe, WarmUpRecipe

RECIPE = Recipe(
    network=NetworkRecipe(width=4), data=DataRecipe(size=32), warm_up=WarmUpRecipe(length=12)
)


def test_runs():
    assert runs_of("std*2,deepgin") == [Run("std", 1), Run("std", 2), Run("deepgin", 1)]
    assert [run.row for run in runs_of("all")] == [*ROWS]
    assert Run("std", 2).name == "std-2"
    for spec in ("stdd", "std*0", "std*", "deepgin-guided", ""):
        with pytest.raises(UsageError):
            runs_of(spec)


def test_every_step_is_between_rows():
    assert {*STEPS, *STEPS.values()} <= {*ROWS}
    assert {*ROWS} - {*STEPS} == {"std-coarse"}  # where all begins


def test_the_table():
    runs = runs_of("std-coarse*2,std*2,std-sa")
    draws, scores = np.random.default_rng(0), []
    noise = {k: draws.normal(0, 3, 20) for k in ("rectangle", "freeform")}
    gains = {"std-coarse": 0.0, "std": 1.0, "std-sa": 0.9}
    for run in runs:
        for masks, of in noise.items():
            for i, value in enumerate(of):
                psnr = 20 + value + gains[run.row] + (run.seed - 1) * 0.5
                about = (run.name, masks, f"{i}.png", 32, 32, 0.5, 0.1, "direct", "")
                scores.append(Score(*about, {"psnr": psnr}))
    report = Report(
        command="deepgin ablation x",
        versions={},
        device="cpu",
        pictures={"count": 20, "hash": "ab" * 32, "size": "32"},
        masks={k: {"hash": "cd" * 32, "definition": ""} for k in noise},
        methods={run.name: "" for run in runs},
        metrics={"psnr": {"definition": "", "unit": "dB", "better": "higher"}},
        scores=tuple(scores),
    )
    text = markdown(report, runs, RECIPE)
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    rectangles = 20 + noise["rectangle"].mean()
    assert rows[2][:2] == ["StdResBlk (Coarse only)", "std-coarse"]
    assert rows[2][3:5] == ["2", f"{rectangles + 0.25:.2f} (0.50)"]
    assert rows[4][3:5] == ["1", f"{rectangles + 0.9:.2f}"]
    # The pictures' own difficulty falls out of the gains, and so do seeds that both have.
    steps = {row[0]: row for row in rows[7:]}
    assert steps["std"][1:] == ["std-coarse", *["+1.00 [+1.00, +1.00]"] * 3, "-0.21"]
    assert steps["std-sa"][1:] == ["std", *["-0.10 [-0.10, -0.10]"] * 3, "+0.26"]
