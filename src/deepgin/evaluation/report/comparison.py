"""Paired differences in a table."""

from collections.abc import Sequence

from ..compare import NEARER_1, Difference
from ..records import Report
from .cases import Cases
from .markdown import markdown_of
from .tables import Cell, Table, digits_of, titled
from .text import interval, number

_BELOW = (
    "Difference: first minus second on the same pictures under the same masks, its mean and the "
    "95 % bootstrap interval of that mean; n pairs; left out: pairs with an infinite value, and "
    "pictures where a method failed or the metric does not apply."
)

_FROM_1 = "Where nearer 1 is better, it is the distances from 1 that are subtracted."


def comparison(
    report: Report,
    found: Sequence[Difference],
    sides: tuple[str, str] = ("", ""),
    aside: Sequence[str] = (),
) -> str:
    """Return differences as Markdown.

    Args:
        report: that defines the metrics.
        found: of methods of one report or two.
        sides: the reports' names, put behind the methods' names; empty for one report.
        aside: mask sets that are not compared.
    """
    first, second = (f" of {side}" if side else "" for side in sides)
    head = ("masks", "metric", "first", "second", "difference", "n", "left out", "the first is")
    cases = Cases(report)
    rows = [
        (
            Cell(one.masks),
            Cell(titled(cases, one.metric)),
            Cell(one.first + first),
            Cell(one.second + second),
            difference_cell(cases, one),
            Cell(str(one.pairs.count)),
            Cell(str(one.pairs.left_out + one.unpaired)),
            Cell(one.verdict),
        )
        for one in found
    ]
    notes = [_BELOW]
    if any(one.better == NEARER_1 for one in found):
        notes.append(_FROM_1)
    if aside:
        notes.append(f"In one report only: {', '.join(aside)}.")
    return markdown_of(Table(head, tuple(rows), tuple(notes), names=4))


def difference_cell(cases: Cases, one: Difference) -> Cell:
    """Return mean difference and interval."""
    digits = digits_of(cases, one.metric, [one.pairs.mean])
    text = number(one.pairs.mean, digits, sign=True)
    return Cell(text, interval(one.pairs.low, one.pairs.high, digits, sign=True))
