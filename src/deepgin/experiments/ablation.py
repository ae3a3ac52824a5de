"""Training every row of the paper's Table 1 at one budget, and comparing the rows."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import UsageError, nearest_name
from ..evaluation.compare import values_of
from ..evaluation.report.markdown import rows_as_markdown
from ..evaluation.scores import Report
from ..evaluation.statistics import mean_difference, mean_interval
from ..network import build, variant
from ..training.log import Watcher
from ..training.loop import Trainer
from ..training.recipe import Recipe
from ..training.run_folder import last_weights
from ..training.schedule import WARM_UP
from .published import TABLE1, hashes
from .table1 import ROWS

# Each row and the row that it extends: the steps behind the paper's conclusions.
STEPS = {
    "std": "std-coarse",
    "std-sa": "std",
    "std-sa-skip": "std-sa",
    "std-mssa": "std-sa-skip",
    "dilated-mssa": "std-mssa",
    "spd-mssa": "std-mssa",
    "deepgin": "spd-mssa",
    "deepgin-prefill": "deepgin",
}


@dataclass(frozen=True)
class Run:
    """One row trained with one seed."""

    row: str
    seed: int

    @property
    def name(self) -> str:
        """The name of its folder, and in reports."""
        return f"{self.row}-{self.seed}"


def runs_of(spec: str) -> list[Run]:
    """Return the runs of a spec.

    Args:
        spec: `all`, or as in `deepgin*3,std`: three seeds of one row and one of another.

    Raises:
        UsageError: an unknown row, or a wrong number of seeds.
    """
    runs = []
    for part in ROWS if spec == "all" else spec.split(","):
        match = re.fullmatch(r"(.+?)(?:\*([1-9]\d*))?", part)
        if not match or match[1] not in ROWS:
            raise UsageError(
                f"no row '{part}'{nearest_name(part, ROWS)}",
                field="rows",
                mend=f"write ROW or ROW*SEEDS, ROW of {', '.join(ROWS)}",
            )
        runs += [Run(match[1], seed) for seed in range(1, int(match[2] or 1) + 1)]
    return list(dict.fromkeys(runs))


def train(run: Run, recipe: Recipe, folder: Path, watcher: Watcher) -> Path:
    """Train a run, or resume it, and return its weights.

    Args:
        run: the row and seed.
        recipe: the recipe of all rows; variant and seed come from the run.
        folder: folder of all runs.
        watcher: receives the progress.

    Raises:
        DeepginError: as for `Trainer`.
    """
    network = replace(recipe.network, variant=run.row)
    data = replace(recipe.data, validation="")  # the last weights are used, not the best
    mine = replace(recipe, network=network, data=data, seed=run.seed)
    output = folder / run.name
    Trainer(mine, output, watcher).fit()
    return output / last_weights(WARM_UP)


def markdown(report: Report, runs: Sequence[Run], recipe: Recipe) -> str:
    """Return rows with their scores by mask set, and what each step of the paper gains here."""
    sets = [*report.masks]
    rows, steps = [], []
    names = list(dict.fromkeys(run.row for run in runs))
    for row in names:
        mine = [run for run in runs if run.row == row]
        cells = [_over_seeds(report, mine, masks) for masks in sets]
        count = sum(p.numel() for p in build(row, recipe.network.width).parameters())
        label, figures = TABLE1.get(row, (variant(row).row, (None,)))
        rows.append([label, row, f"{count:,}", str(len(mine)), *cells, f"{figures[0] or '-'}"])
        if STEPS.get(row) in names:
            steps.append(_step(report, runs, row, STEPS[row], sets))
    first = ["row", "network", "parameters", "seeds", *sets, "paper"]
    second = ["step", "gain over", *sets, "all", "paper"]
    tables = [rows_as_markdown(first, rows, names=2), rows_as_markdown(second, steps, names=2)]
    return "\n\n".join([*tables, _footnote(report, recipe)])


def _over_seeds(report: Report, runs: Iterable[Run], masks: str) -> str:
    """Return the mean PSNR over seeds, and the range of the seeds."""
    means = [mean_interval(_values(report, run, [masks])).mean for run in runs]
    spread = f" ({max(means) - min(means):.2f})" if len(means) > 1 else ""
    return f"{sum(means) / len(means):.2f}{spread}"


def _values(report: Report, run: Run, sets: Sequence[str]) -> list[float]:
    values = values_of(report, run.name, "psnr")
    return [values[case] for case in sorted(values) if case[0] in sets]


def _step(
    report: Report, runs: Sequence[Run], row: str, before: str, sets: Sequence[str]
) -> list[str]:
    seeds = sorted(
        {run.seed for run in runs if run.row == row}
        & {run.seed for run in runs if run.row == before}
    )
    cells = []
    for chosen in (*([name] for name in sets), sets):
        pairs = [
            [_values(report, Run(name, seed), chosen) for seed in seeds] for name in (row, before)
        ]
        ours, theirs = ([sum(of) / len(seeds) for of in zip(*one, strict=True)] for one in pairs)
        gain = mean_difference(ours, theirs)
        cells.append(f"{gain.mean:+.2f} [{gain.low:+.2f}, {gain.high:+.2f}]")
    paper = "-"
    if row in TABLE1 and before in TABLE1:
        mine, other = (TABLE1[name][1][0] for name in (row, before))
        assert mine is not None and other is not None
        paper = f"{mine - other:+.2f}"
    return [row, before, *cells, paper]


def _footnote(report: Report, recipe: Recipe) -> str:
    pictures = report.pictures
    return (
        f"PSNR in dB of the 8-bit completed picture, whole picture, {pictures['count']} pictures "
        f"(`{pictures['hash'][:16]}`, centre squares of {pictures['size']} pixels), masks {hashes(report)}; "
        f"in brackets after a mean: largest less smallest of the seeds; gains are paired by picture "
        f"and seed, with 95 % intervals over pictures: what seeds change comes on top. Every row: "
        f"width {recipe.network.width}, {recipe.warm_up.length:,} samples of {recipe.data.size} "
        f"pixels, L1 alone, the last moving average. The paper's figures are of its own pictures "
        f"and budget. Command: `{report.command}`."
    )
