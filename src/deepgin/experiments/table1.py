"""The paper's Table 1: every row of the ablation with its weights, beside the printed figures."""

from pathlib import Path

from ..errors import UsageError
from ..evaluation.report.markdown import rows_as_markdown
from ..evaluation.scores import Report
from ..network import variant, variants
from .published import METRICS, PRINTED, TABLE1, cell, columns, footnote, printed

MASKS = "mixed"
ROWS = tuple(name for name in variants() if not variant(name).guidance)
_NONE = (None,) * len(PRINTED)


def weights_of(spec: str) -> dict[str, Path]:
    """Return each row's weights.

    Args:
        spec: `std=FILE,deepgin=FILE`, or a folder that holds ROW.safetensors.

    Raises:
        UsageError: an unknown row, a missing file, or none at all.
    """
    known = f"ROW is one of {', '.join(ROWS)}"
    if Path(spec).is_dir():
        paths = {name: Path(spec) / f"{name}.safetensors" for name in ROWS}
        paths = {name: path for name, path in paths.items() if path.is_file()}
        if not paths:
            raise UsageError(f"{spec} holds no ROW.safetensors", field="rows", mend=known)
        return paths
    files = {}
    for part in spec.split(","):
        name, _, file = part.partition("=")
        if name not in ROWS or not file:
            raise UsageError(f"'{part}' is not ROW=FILE", field="rows", mend=known)
        files[name] = Path(file)
    return {name: files[name] for name in ROWS if name in files}


def markdown(report: Report) -> str:
    """Return the table in the paper's order; rows without weights have the paper's figures only."""
    ours = columns(report)
    head = ["row", "network", *(METRICS[name][0] for name in ours)]
    rows = []
    for name in ROWS:
        label, figures = TABLE1.get(name, (variant(name).row, _NONE))
        if name in report.methods or name in TABLE1:
            cells = [cell(report, name, MASKS, metric) for metric in ours]
            rows.append([label, name, *cells, *map(printed, figures)])
    table = rows_as_markdown([*head, *(f"paper: {name}" for name in PRINTED)], rows, names=2)
    about = "The paper's figures are of 3,000 pictures of CelebA-HQ and weights of its own. Ours: "
    return f"{table}\n\n{about}{footnote(report)}"
