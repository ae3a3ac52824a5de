"""The paper's Table 2: datasets, original size and 256, rectangles and three kinds of masks."""

from collections.abc import Mapping
from pathlib import Path

from ..errors import UsageError
from ..evaluation.scores import Report
from .cells import METRICS, cell, columns, footnote, printed
from .published import METRICS as PRINTED
from .published import TABLE2

SIZES = {"original": None, "256": 256}
# At original size the authors' free-form strokes keep their width of 256 [C].
MASKS = {
    "rectangles": {"original": "rectangle", "256": "rectangle"},
    "three kinds": {"original": "mixed-absolute", "256": "mixed"},
}


def data_of(spec: str) -> dict[str, Path]:
    """Return the folder by dataset of `ffhq=DIR,oxford=DIR`; other names have no printed figures.

    Raises:
        UsageError: the spec is not NAME=FOLDER pairs.
    """
    folders = {}
    for part in spec.split(","):
        name, _, folder = part.partition("=")
        if not name or not folder or set(name) & {"/", "\\"}:
            raise UsageError(
                f"'{part}' is not NAME=FOLDER", field="data", mend="write it as in {data=ffhq=FFHQ}"
            )
        folders[name] = Path(folder)
    return folders


def markdown(reports: Mapping[tuple[str, str], Report]) -> str:
    """Return a table for each dataset and masks.

    Args:
        reports: by dataset and size, the keys of `SIZES`.
    """
    parts = []
    for name in dict.fromkeys(dataset for dataset, _ in reports):
        for masks in MASKS:
            parts.append(_table(reports, name, masks))
    notes = {
        f"{dataset}, {size}: {footnote(report)}" for (dataset, size), report in reports.items()
    }
    return "\n\n".join([*parts, *sorted(notes)])


def _table(reports: Mapping[tuple[str, str], Report], name: str, masks: str) -> str:
    any_report = next(report for (dataset, _), report in reports.items() if dataset == name)
    metrics = columns(any_report)
    heads = [f"{METRICS[metric][0]}, {size}" for size in SIZES for metric in metrics]
    lines = [
        f"**{name}, {masks}**",
        "",
        f"| method | {' | '.join(heads)} |",
        f"|---|{'---:|' * len(heads)}",
    ]
    for method in any_report.methods:
        cells = [
            cell(reports[name, size], method, MASKS[masks][size], metric)
            for size in SIZES
            for metric in metrics
        ]
        lines.append(f"| {method} | {' | '.join(cells)} |")
    return "\n".join([*lines, *_published(name, masks)])


def _published(name: str, masks: str) -> list[str]:
    """Return the paper's rows as a separate table, since not all of its metrics are ours."""
    methods = list(dict.fromkeys(key[2] for key in TABLE2 if key[:2] == (name, masks)))
    if not methods:
        return []
    heads = [f"{metric}, {size}" for size in SIZES for metric in PRINTED]
    lines = ["", f"| printed in the paper | {' | '.join(heads)} |", f"|---|{'---:|' * len(heads)}"]
    for method in methods:
        cells = [printed(v) for size in SIZES for v in TABLE2[name, masks, method, size]]
        lines.append(f"| {method} | {' | '.join(cells)} |")
    return lines
