"""The report and comparisons of methods as Markdown tables, with definitions below them."""

import re
from collections.abc import Iterable, Sequence

from ..compare import NEARER_1, Difference
from ..scores import Report
from .cases import Cases
from .tables import Cell, Table, counted, digits_of, interval, number, of_all, of_masks, titled

_LOOKS = ("vgg", "style", "laplacian", "lpips-alexnet", "lpips-vgg16")
"""Metrics of appearance, which have a second table with the main one."""
_DIFFERENCE = (
    "Difference: first minus second on the same pictures under the same masks, its mean and the "
    "95 % bootstrap interval of that mean; n pairs; left out: pairs with an infinite value, and "
    "pictures where a method failed or the metric does not apply."
)
_FROM_1 = "Where nearer 1 is better, it is the distances from 1 that are subtracted."


def markdown(report: Report, metric: str = "") -> str:
    """Return a table, methods by mask sets, with definition, hashes and command below it.

    Args:
        report: the report of a run.
        metric: the metric of the means. If empty, PSNR or else the first one; a second table then
            has the metrics of `_LOOKS`, if any were measured.
    """
    cases = Cases(report)
    main = metric or cases.main_metric
    parts = [markdown_of(of_masks(cases, main)), _below(cases, main)]
    looks = [name for name in _LOOKS if name in cases.metrics and name != main]
    if looks and not metric:
        parts += [markdown_of(of_all(cases, [main, *looks])), _definitions(report, looks)]
    return "\n\n".join(parts)


def markdown_of(table: Table) -> str:
    """Return a table and its notes as Markdown."""
    lines = [f"| {' | '.join(escaped(title) for title in table.head)} |"]
    lines.append(f"|{'---|' * table.names}{'---:|' * (len(table.head) - table.names)}")
    lines += [f"| {' | '.join(escaped(cell.whole) for cell in row)} |" for row in table.rows]
    notes = " ".join(escaped(note) for note in table.notes)
    return "\n".join([*lines, "", notes] if notes else lines)


def rows_as_markdown(head: Sequence[str], rows: Iterable[Sequence[str]], names: int = 1) -> str:
    """Return plain cells as a Markdown table whose first `names` columns hold names."""
    cells = tuple(tuple(map(Cell, row)) for row in rows)
    return markdown_of(Table(tuple(head), cells, names=names))


def _below(cases: Cases, metric: str) -> str:
    report = cases.report
    pictures, versions = report.pictures, report.versions
    hashes = ", ".join(
        f"{escaped(name)} {_short(report.masks.get(name, {}).get('hash', ''))}"
        for name in cases.masks
    )
    packages = [f"{name} {versions[name]}" for name in ("deepgin", "torch") if name in versions]
    parts = [
        _definition(report, metric),
        *_failed(cases),
        f"{pictures.get('count', '?')} pictures, {size_in_words(report)}, "
        + f"{_short(pictures.get('hash', ''))}; one mask of each set a picture.",
        f"Masks: {hashes}.",
        f"{escaped(', '.join([report.device, *packages]))}.",
        f"Command: {code(report.command)}.",
    ]
    return " ".join(parts)


def _definition(report: Report, metric: str) -> str:
    if not metric:
        return "No method has a value of any picture."
    about = report.metrics.get(metric, {})
    unit = f" in {about['unit']}" if about.get("unit") else ""
    what = f"{metric}{unit}: {about.get('definition', 'not defined')}"
    return (
        f"{escaped(what)}; mean over the n pictures that every method finished, with the 95 % "
        "bootstrap interval of that mean; values that are infinite are counted "
        "apart."
    )


def _definitions(report: Report, metrics: list[str]) -> str:
    lines = [f"{name}: {report.metrics.get(name, {}).get('definition', '')}" for name in metrics]
    means = "Means over the same pictures; n where a metric has fewer"
    return escaped(f"{means}. {'; '.join(lines)}.")


def _short(digest: object) -> str:
    return code(str(digest)[:16] or "no hash")


def _failed(cases: Cases) -> list[str]:
    """Return a sentence about failures, or none."""
    failed = [score.method for score in cases.report.scores if score.error]
    parts = [
        f"{escaped(name)} failed {counted(failed.count(name), 'time')}"
        for name in cases.methods
        if name in failed
    ]
    if left := len({name for name, _ in cases.report.left_out}):
        parts.append(f"{counted(left, 'picture')} could not be measured, or not under every mask")
    return [f"{'; '.join(parts)}."] if parts else []


def size_in_words(report: Report) -> str:
    """Return the size of the pictures in words."""
    size = plain(report.pictures.get("size", "?"))
    return "whole, at their own size" if size == "original" else f"centre squares of {size} pixels"


def comparison(
    report: Report,
    rows: Sequence[Difference],
    sides: tuple[str, str] = ("", ""),
    aside: Sequence[str] = (),
) -> str:
    """Return differences as Markdown, a row each.

    `sides` are names of the reports, added to those of methods; `aside` are mask sets that are not
    compared.
    """
    first, second = (f" of {side}" if side else "" for side in sides)
    head = ("masks", "metric", "first", "second", "difference", "n", "left out", "the first is")
    cases = Cases(report)
    cells = []
    for one in rows:
        names = (one.masks, titled(cases, one.metric), one.first + first, one.second + second)
        counts = (str(one.pairs.count), str(one.pairs.left_out + one.unpaired), one.verdict)
        cells.append((*map(Cell, names), difference_cell(cases, one), *map(Cell, counts)))
    notes = [_DIFFERENCE]
    if any(one.better == NEARER_1 for one in rows):
        notes.append(_FROM_1)
    if aside:
        notes.append(f"In one report only: {', '.join(aside)}.")
    return markdown_of(Table(head, tuple(cells), tuple(notes), names=4))


def difference_cell(cases: Cases, one: Difference) -> Cell:
    """Return mean difference and interval."""
    digits = digits_of(cases, one.metric, [one.pairs.mean])
    text = number(one.pairs.mean, digits, sign=True)
    return Cell(text, interval(one.pairs.low, one.pairs.high, digits, sign=True))


def plain(text: object) -> str:
    """Return text without unprintable characters: control and direction marks, broken Unicode."""
    return "".join(
        c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}"
        for c in str(text)
    )


def escaped(text: object) -> str:
    """Return text escaped for a cell of a Markdown table."""
    text = plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # Escape a bracket only where it could make a link; intervals have many.
    return re.sub(r"([\\|`*]|\](?=[(\[]))", r"\\\1", text)


def code(text: object) -> str:
    """Return text as code in Markdown, outside of tables."""
    text = plain(text)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if longest else ""
    return f"{fence}{space}{text}{space}{fence}"
