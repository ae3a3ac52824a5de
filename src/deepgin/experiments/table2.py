"""The paper's Table 2: datasets, original size and 256, rectangles and three kinds of masks."""

from collections.abc import Mapping
from pathlib import Path

from ..errors import UsageError
from ..evaluation.report.markdown import rows_as_markdown
from ..evaluation.scores import Report
from .published import METRICS, PRINTED, TABLE2, cell, columns, footnote, printed

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
    """Return a table for each dataset and masks; reports are by dataset and size of `SIZES`."""
    names = dict.fromkeys(dataset for dataset, _ in reports)
    parts = [_table(reports, name, masks) for name in names for masks in MASKS]
    notes = {
        f"{dataset}, {size}: {footnote(report)}" for (dataset, size), report in reports.items()
    }
    return "\n\n".join([*parts, *sorted(notes)])


def _table(reports: Mapping[tuple[str, str], Report], name: str, masks: str) -> str:
    report = next(report for (dataset, _), report in reports.items() if dataset == name)
    metrics = columns(report)
    head = ["method", *(f"{METRICS[metric][0]}, {size}" for size in SIZES for metric in metrics)]
    rows = [
        [method]
        + [
            cell(reports[name, size], method, MASKS[masks][size], metric)
            for size in SIZES
            for metric in metrics
        ]
        for method in report.methods
    ]
    ours = f"**{name}, {masks}**\n\n{rows_as_markdown(head, rows)}"
    # The paper's rows are a separate table, since not all of its metrics are ours.
    methods = dict.fromkeys(key[2] for key in TABLE2 if key[:2] == (name, masks))
    if not methods:
        return ours
    head = ["printed in the paper", *(f"{metric}, {size}" for size in SIZES for metric in PRINTED)]
    rows = [
        [method, *(printed(v) for size in SIZES for v in TABLE2[name, masks, method, size])]
        for method in methods
    ]
    return f"{ours}\n\n{rows_as_markdown(head, rows)}"
