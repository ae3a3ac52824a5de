"""The tables of a report as data, which markdown.py and page.py print.

A mean is over the pictures that every method finished, so that means of one column are comparable.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ..compare import NEARER_1, CaseKey, direction, merit
from ..scores import SetScore
from ..statistics import MeanInterval
from .cases import Cases

ARROWS = {"higher": "↑", "lower": "↓", NEARER_1: "→ 1"}
BINS = 10
"""Number of bins of coverage, each of 10 %."""
NOTHING = "–"


@dataclass(frozen=True)
class Cell:
    """A name or number (NaN `value` if none), its `[low, high]` and remark, or empty strings."""

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
    """A table whose first `names` columns hold names, with sentences (`notes`) below it."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    names: int = 1


def _table(
    columns: Sequence[tuple[str, list[Cell]]], notes: Iterable[str] = (), names: int = 1
) -> Table:
    head, cells = zip(*columns, strict=True)
    return Table(head, tuple(zip(*cells, strict=True)), tuple(notes), names)


def by_masks(cases: Cases, masks: str) -> Table:
    """Return methods by metrics of one mask set, with seconds a picture."""
    chosen = cases.under(masks)
    common = cases.common(chosen)
    columns = [("method", _names(cases, chosen))]
    for metric in cases.metrics:
        measured = cases.common(chosen, metric)
        count = "" if len(measured) == len(common) else f" (n = {len(measured)})"
        columns.append((titled(cases, metric) + count, _means(cases, metric, measured)))
    sets = [one for one in cases.report.sets if one.masks == masks]
    for metric in dict.fromkeys(one.metric for one in sets):
        cells = _of_sets(cases, [one for one in sets if one.metric == metric])
        columns.append((titled(cases, metric), cells))
    columns.append(("seconds a picture", _seconds(cases, common)))
    warnings = dict.fromkeys(f"{one.metric}: {one.warning}" for one in sets if one.warning)
    return _table(columns, [_note(len(common), len(chosen)), *warnings])


def of_masks(cases: Cases, metric: str) -> Table:
    """Return methods by mask sets for one metric, with seconds a picture."""
    columns = [("method", _names(cases, cases.coverage))]
    everywhere = []
    for masks in cases.masks:
        measured = cases.common(cases.under(masks), metric)
        everywhere += cases.common(cases.under(masks))
        columns.append((f"{masks} (n = {len(measured)})", _means(cases, metric, measured)))
    return _table([*columns, ("seconds a picture", _seconds(cases, everywhere))])


def of_all(cases: Cases, metrics: Sequence[str]) -> Table:
    """Return mask sets and methods by metrics, means without intervals, with seconds a picture."""
    rows: list[tuple[Cell, ...]] = []
    for masks in cases.masks:
        chosen = cases.under(masks)
        common = cases.common(chosen)
        columns = [("masks", [Cell(f"{masks} (n = {len(common)})")] * len(cases.methods))]
        columns.append(("method", _names(cases, chosen)))
        for metric in metrics:
            measured = cases.common(chosen, metric)
            note = "" if len(measured) == len(common) else f"n = {len(measured)}"
            cells = [_short(cell, note) for cell in _means(cases, metric, measured)]
            columns.append((titled(cases, metric), cells))
        table = _table([*columns, ("seconds a picture", _seconds(cases, common))], names=2)
        rows += table.rows
    return replace(table, rows=tuple(rows))


def _short(cell: Cell, note: str) -> Cell:
    if math.isnan(cell.value):
        return replace(cell, interval="")
    return replace(cell, interval="", note=", ".join(part for part in (cell.note, note) if part))


def by_coverage(cases: Cases, metric: str) -> Table:
    """Return methods by tenths of coverage for one metric, over all mask sets."""
    columns = [("method", [Cell(name) for name in cases.methods])]
    for place in range(BINS):
        chosen = [case for case, share in cases.coverage.items() if bin_of(share) == place]
        if measured := cases.common(chosen, metric):
            low, high = 100 * place // BINS, 100 * (place + 1) // BINS
            title = f"{low}–{high} % (n = {len(measured)})"
            columns.append((title, _means(cases, metric, measured)))
    return _table(columns)


def bin_of(coverage: float) -> int:
    """Return the tenth of a coverage: 0 for 0 to 10 %, 9 for 90 to 100 %."""
    return min(max(int(coverage * BINS), 0), BINS - 1)


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


def _names(cases: Cases, chosen: Iterable[CaseKey]) -> list[Cell]:
    """Return the column of the methods, with a note where some failed."""
    missing = {method: cases.failed(method, chosen) for method in cases.methods}
    return [Cell(name, note=f"not on {count}" if count else "") for name, count in missing.items()]


def titled(cases: Cases, metric: str) -> str:
    """Return a metric's name with its unit and an arrow to better values."""
    unit = unit_of(cases, metric)
    arrow = ARROWS.get(direction(cases.report, metric), "")
    return f"{metric} ({unit}) {arrow}" if unit else f"{metric} {arrow}"


def unit_of(cases: Cases, metric: str) -> str:
    """Return the unit of a metric, or an empty string."""
    return cases.report.metrics.get(metric, {}).get("unit", "")


def digits_of(cases: Cases, metric: str, values: Sequence[float]) -> int:
    """Return the number of decimals of a metric's values."""
    large = any(abs(value) >= 10 for value in values if math.isfinite(value))
    return 2 if unit_of(cases, metric) or large else 4


def _means(cases: Cases, metric: str, chosen: Sequence[CaseKey]) -> list[Cell]:
    means = [cases.mean(method, metric, chosen) for method in cases.methods]
    digits = digits_of(cases, metric, [one.mean for one in means if one])
    cells = [_mean(one, digits) for one in means]
    # A mean without infinite values leaves out the best pictures, so that none is the best.
    whole = not any(one and one.left_out for one in means)
    return _mark_best(cells, direction(cases.report, metric)) if whole else cells


def _mean(one: MeanInterval | None, digits: int) -> Cell:
    if one is None:
        return Cell(NOTHING)
    note = f"{one.left_out} infinite" if one.left_out else ""
    return Cell(number(one.mean, digits), interval(one.low, one.high, digits), note, one.mean)


def _mark_best(cells: list[Cell], better: str) -> list[Cell]:
    merits = [merit(cell.value, better) for cell in cells if not math.isnan(cell.value)]
    if len(merits) < 2:
        return cells
    return [replace(cell, best=merit(cell.value, better) == max(merits)) for cell in cells]


def _of_sets(cases: Cases, sets: Sequence[SetScore]) -> list[Cell]:
    metric, by_method = sets[0].metric, {one.method: one for one in sets}
    digits = digits_of(cases, metric, [one.value for one in sets])
    cells = [Cell(NOTHING)] * len(cases.methods)
    for place, one in ((cases.methods.index(name), one) for name, one in by_method.items()):
        cells[place] = Cell(number(one.value, digits), note=f"n = {one.count}", value=one.value)
    alike = len({one.count for one in sets}) == 1
    return _mark_best(cells, direction(cases.report, metric)) if alike else cells


def _seconds(cases: Cases, chosen: Sequence[CaseKey]) -> list[Cell]:
    means = [cases.seconds(method, chosen) for method in cases.methods]
    return [Cell(NOTHING) if mean is None else Cell(number(mean, 3), value=mean) for mean in means]


def _note(common: int, all_of_them: int) -> str:
    if not common:
        return "No picture was finished."
    of = "" if common == all_of_them else f" of {all_of_them}"
    return f"Means over the {counted(common, 'picture')}{of} that every method finished."


def number(value: float, digits: int, sign: bool = False) -> str:
    """Return a number with `digits` decimals; `–` for NaN."""
    if math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "infinite" if value > 0 else "-infinite"
    text = f"{value:{'+' if sign else ''}.{digits}f}"
    # Without this, two decimals of -0.001 are -0.00.
    return text.replace("-", "+" if sign else "") if not float(text) else text


def interval(low: float, high: float, digits: int, sign: bool = False) -> str:
    """Return `[low, high]`; empty if either is not finite."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return f"[{number(low, digits, sign)}, {number(high, digits, sign)}]"


def counted(count: int, what: str) -> str:
    """Return `1 picture`, `2 pictures`."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
