"""The tables of a report as data, which markdown.py and page.py print.

A mean is over the pictures that every method finished, so that means of one column are comparable.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..compare import NEARER_1, direction, merit
from ..scores import SetScore
from ..statistics import MeanInterval
from .cases import BINS, Cases, bin_of
from .text import NOTHING, counted, interval, number

ARROWS = {"higher": "↑", "lower": "↓", NEARER_1: "→ 1"}


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes:
        text: a name, or a number.
        interval: `[low, high]` of the number, or empty.
        note: a remark, or empty.
        value: the number; NaN if there is none.
        best: whether it is the best mean of its column.
    """

    text: str
    interval: str = ""
    note: str = ""
    value: float = math.nan
    best: bool = False

    @property
    def whole(self) -> str:
        """Text, interval and note, as in `41.20 [40.11, 42.30] (2 infinite)`."""
        note = f"({self.note})" if self.note else ""
        return " ".join(part for part in (self.text, self.interval, note) if part)


@dataclass(frozen=True)
class Table:
    """A table whose first columns hold names.

    Attributes:
        head: titles of the columns.
        rows: the cells, one for each column.
        notes: sentences below the table.
        names: number of leading columns that hold names.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    names: int = 1


def by_masks(cases: Cases, masks: str) -> Table:
    """Return methods by metrics of one mask set, with seconds a picture."""
    chosen = cases.select(lambda score: score.masks == masks)
    common = cases.common(chosen)
    head, columns, notes = ["method"], [names(cases, chosen)], [_note(len(common), len(chosen))]
    for metric in cases.metrics:
        measured = cases.common(chosen, metric)
        head.append(_with_count(cases, metric, len(measured), len(common)))
        columns.append(_means(cases, metric, measured))
    sets = [one for one in cases.report.sets if one.masks == masks]
    for metric in dict.fromkeys(one.metric for one in sets):
        head.append(titled(cases, metric))
        columns.append(_of_sets(cases, [one for one in sets if one.metric == metric]))
    notes += dict.fromkeys(f"{one.metric}: {one.warning}" for one in sets if one.warning)
    head.append("seconds a picture")
    columns.append([_seconds(cases.seconds(method, common)) for method in cases.methods])
    return Table(tuple(head), tuple(zip(*columns, strict=True)), tuple(notes))


def of_masks(cases: Cases, metric: str) -> Table:
    """Return methods by mask sets for one metric, with seconds a picture."""
    head, columns = ["method"], [names(cases, cases.select(lambda score: True))]
    everywhere = []
    for masks in cases.masks:
        chosen = cases.select(lambda score, masks=masks: score.masks == masks)  # type: ignore[misc]
        measured = cases.common(chosen, metric)
        everywhere += cases.common(chosen)
        head.append(f"{masks} (n = {len(measured)})")
        columns.append(_means(cases, metric, measured))
    head.append("seconds a picture")
    columns.append([_seconds(cases.seconds(method, everywhere)) for method in cases.methods])
    return Table(tuple(head), tuple(zip(*columns, strict=True)))


def of_all(cases: Cases, metrics: Sequence[str]) -> Table:
    """Return mask sets and methods by metrics, means without intervals, with seconds a picture."""
    head = ("masks", "method", *(titled(cases, metric) for metric in metrics), "seconds a picture")
    rows: list[tuple[Cell, ...]] = []
    for masks in cases.masks:
        chosen = cases.select(lambda score, masks=masks: score.masks == masks)  # type: ignore[misc]
        common = cases.common(chosen)
        columns = [[Cell(f"{masks} (n = {len(common)})")] * len(cases.methods)]
        columns.append(names(cases, chosen))
        for metric in metrics:
            measured = cases.common(chosen, metric)
            note = "" if len(measured) == len(common) else f"n = {len(measured)}"
            columns.append([_short(cell, note) for cell in _means(cases, metric, measured)])
        columns.append([_seconds(cases.seconds(method, common)) for method in cases.methods])
        rows += zip(*columns, strict=True)
    return Table(head, tuple(rows), names=2)


def _short(cell: Cell, note: str) -> Cell:
    if math.isnan(cell.value):
        return replace(cell, interval="")
    return replace(cell, interval="", note=", ".join(part for part in (cell.note, note) if part))


def by_coverage(cases: Cases, metric: str) -> Table:
    """Return methods by tenths of coverage for one metric, over all mask sets."""
    head, columns = ["method"], [[Cell(name) for name in cases.methods]]
    for place in range(BINS):
        chosen = cases.select(lambda score, at=place: bin_of(score.coverage) == at)  # type: ignore[misc]
        if measured := cases.common(chosen, metric):
            low, high = 100 * place // BINS, 100 * (place + 1) // BINS
            head.append(f"{low}–{high} % (n = {len(measured)})")
            columns.append(_means(cases, metric, measured))
    return Table(tuple(head), tuple(zip(*columns, strict=True)))


def failures(cases: Cases) -> Table:
    """Return all failures, and the pictures that were left out."""
    failed = [
        (score.method, score.masks, score.picture, score.error)
        for score in cases.report.scores
        if score.error
    ]
    failed += [("all", "", picture, why) for picture, why in cases.report.left_out]
    rows = tuple(tuple(Cell(text) for text in row) for row in failed)
    return Table(("method", "masks", "picture", "why"), rows, names=4)


def names(cases: Cases, chosen: set[tuple[str, str]]) -> list[Cell]:
    """Return the first column: the methods, with a note where some failed."""
    missing = [cases.failed(method, chosen) for method in cases.methods]
    return [
        Cell(method, note=f"not on {count}" if count else "")
        for method, count in zip(cases.methods, missing, strict=True)
    ]


def titled(cases: Cases, metric: str) -> str:
    """Return a metric's name with its unit and an arrow to better values."""
    unit = cases.report.metrics.get(metric, {}).get("unit", "")
    arrow = ARROWS.get(direction(cases.report, metric), "")
    return f"{metric} ({unit}) {arrow}" if unit else f"{metric} {arrow}"


def digits_of(cases: Cases, metric: str, values: Sequence[float]) -> int:
    """Return the number of decimals of a metric's values."""
    unit = cases.report.metrics.get(metric, {}).get("unit", "")
    large = any(abs(value) >= 10 for value in values if math.isfinite(value))
    return 2 if unit or large else 4


def _means(cases: Cases, metric: str, chosen: Sequence[tuple[str, str]]) -> list[Cell]:
    means = [cases.mean(method, metric, chosen) for method in cases.methods]
    digits = digits_of(cases, metric, [one.mean for one in means if one])
    cells = [_mean(one, digits) for one in means]
    # A mean without infinite values leaves out the best pictures, so that none is the best.
    whole = not any(one and one.left_out for one in means)
    return _mark_best(cells, direction(cases.report, metric)) if whole else cells


def _mean(one: MeanInterval | None, digits: int) -> Cell:
    if one is None:
        return Cell(NOTHING)
    return Cell(
        number(one.mean, digits),
        interval(one.low, one.high, digits),
        f"{one.left_out} infinite" if one.left_out else "",
        one.mean,
    )


def _mark_best(cells: list[Cell], better: str) -> list[Cell]:
    merits = [merit(cell.value, better) for cell in cells if not math.isnan(cell.value)]
    if len(merits) < 2:
        return cells
    best = max(merits)
    return [replace(cell, best=merit(cell.value, better) == best) for cell in cells]


def _of_sets(cases: Cases, sets: Sequence[SetScore]) -> list[Cell]:
    by_method = {one.method: one for one in sets}
    digits = digits_of(cases, sets[0].metric, [one.value for one in sets])
    cells = [
        Cell(
            number(by_method[name].value, digits),
            note=f"n = {by_method[name].count}",
            value=by_method[name].value,
        )
        if name in by_method
        else Cell(NOTHING)
        for name in cases.methods
    ]
    alike = len({one.count for one in sets}) == 1
    return _mark_best(cells, direction(cases.report, sets[0].metric)) if alike else cells


def _seconds(value: float | None) -> Cell:
    return Cell(NOTHING) if value is None else Cell(number(value, 3), value=value)


def _with_count(cases: Cases, metric: str, count: int, common: int) -> str:
    title = titled(cases, metric)
    return title if count == common else f"{title} (n = {count})"


def _note(common: int, all_of_them: int) -> str:
    if not common:
        return "No picture was finished."
    of = "" if common == all_of_them else f" of {all_of_them}"
    return f"Means over the {counted(common, 'picture')}{of} that every method finished."
