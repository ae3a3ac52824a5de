"""Paired differences of two methods, in one report or in two that measured the same. No words of
tables here: those are in report/.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from ..errors import DeepginError, UsageError, nearest_name
from .records import Report, Score
from .statistics import Paired, paired

FEWEST = 6
"""Below six pairs no test that goes by signs can reach 95 % (2 / 2**5 > 0.05), and a bootstrap
interval is too narrow: nothing is said of fewer."""

NEARER_1 = "nearer 1"
"""What is better of a metric of which 1 is right: |value - 1| is what differs, lower is better."""

Case: TypeAlias = tuple[str, str]
"""A mask set's name and a picture's."""


@dataclass(frozen=True)
class Difference:
    """How one method differs from another on the same pictures under one mask set.

    Attributes:
        masks: the name of the mask set.
        metric: its name.
        first, second: the methods' names; the difference is first - second, of values as
            `counted_from` has them.
        better: "higher", "lower" or "nearer 1", the metric's own.
        pairs: mean difference with its 95 % interval, in the metric's unit; pairs with an infinite
            value are left out of it and counted.
        unpaired: pictures in no pair, since a method failed or has no value there.
    """

    masks: str
    metric: str
    first: str
    second: str
    better: str
    pairs: Paired
    unpaired: int

    @property
    def shared(self) -> int:
        """How many pictures both have a value of."""
        return self.pairs.count + self.pairs.left_out

    @property
    def verdict(self) -> str:
        """What may be said of the first method: better, worse, or why neither."""
        if self.pairs.count < FEWEST:
            return f"too few pairs to tell (below {FEWEST})"
        if self.pairs.low <= 0 <= self.pairs.high:
            return "not distinguishable at 95 %"
        return "better" if (self.pairs.low > 0) == (self.better == "higher") else "worse"


def read_report(path: str | Path) -> Report:
    """Read a report that has scores; of a folder, its `report.json`.

    Raises:
        DeepginError: there is none, it is of another format or damaged, or it holds no scores.
    """
    path = Path(path)
    path = path / "report.json" if path.is_dir() else path
    report = Report.read(path)
    named = (report.pictures, report.masks, report.methods, report.metrics, report.versions)
    nested = (*report.masks.values(), *report.metrics.values()) if _are_dicts(named) else (None,)
    if not _are_dicts(nested):
        raise DeepginError(f"{path} is no report, or it is damaged: measure again")
    if not report.scores:
        raise DeepginError(f"{path} holds no scores: measure again, with pictures and methods")
    return report


def _are_dicts(values: Sequence[object]) -> bool:
    return all(isinstance(value, dict) for value in values)


def methods_of(report: Report) -> list[str]:
    """Return the names of the methods, in the report's order."""
    return list(dict.fromkeys([*report.methods, *(score.method for score in report.scores)]))


def masks_of(report: Report) -> list[str]:
    """Return the names of the mask sets, in the report's order."""
    return list(dict.fromkeys([*report.masks, *(score.masks for score in report.scores)]))


def metrics_of(report: Report) -> list[str]:
    """Return the names of the metrics that single pictures have values of."""
    found = dict.fromkeys(name for score in report.scores for name in score.values)
    return [name for name in report.metrics if name in found] + [
        name for name in found if name not in report.metrics
    ]


def direction(report: Report, metric: str) -> str:
    """Return "higher", "lower" or "nearer 1": which values of a metric are better."""
    return report.metrics.get(metric, {}).get("better", "higher")


def counted_from(value: float, better: str) -> float:
    """Return what is subtracted and ranked: the distance from 1 where that is right, else a value."""
    return abs(value - 1) if better == NEARER_1 else value


def merit(value: float, better: str) -> float:
    """Return a number that is higher the better a value is."""
    return value if better == "higher" else -counted_from(value, better)


def values_of(report: Report, method: str, metric: str) -> dict[Case, float]:
    """Return a method's values of a metric; a picture where it failed, or got a NaN, has none."""
    return {
        (score.masks, score.picture): score.values[metric]
        for score in report.scores
        if score.method == method and is_measured(score, metric)
    }


def is_measured(score: Score, metric: str) -> bool:
    """Return whether a score has a value of a metric."""
    return not score.error and not math.isnan(score.values.get(metric, math.nan))


def differences(
    first: Report,
    second: Report,
    pairs: Sequence[tuple[str, str]],
    metrics: Sequence[str] | None = None,
) -> list[Difference]:
    """Return the paired differences for each mask set, metric and pair of methods, in this order.

    Args:
        first, second: one report twice, or two that measured the same.
        pairs: a method of the first report and one of the second.
        metrics: by name; None takes all that both reports have.

    Raises:
        UsageError: the reports may not share a table (see `check_same`), or a name is in neither.
    """
    check_same(first, second)
    shared = [name for name in metrics_of(first) if name in metrics_of(second)]
    metrics = shared if metrics is None else metrics
    if not shared:
        raise UsageError("the reports have no metric in common: measure again with the same")
    for metric in metrics:
        if metric in (one.metric for one in first.sets):
            raise UsageError(f"'{metric}' is of a whole set of pictures: it has no differences")
        _known(metric, shared, "metric")
        _check_definition(first, second, metric)
    for one, other in pairs:
        _known(one, methods_of(first), "method")
        _known(other, methods_of(second), "method")
    sets = [name for name in masks_of(first) if name in masks_of(second)]
    return [
        _difference(first, second, masks, metric, pair)
        for masks in sets
        for metric in metrics
        for pair in pairs
    ]


def _difference(
    first: Report, second: Report, masks: str, metric: str, pair: tuple[str, str]
) -> Difference:
    a, b = values_of(first, pair[0], metric), values_of(second, pair[1], metric)
    cases = sorted(case for case in a.keys() & b.keys() if case[0] == masks)
    pictures = {s.picture for report in (first, second) for s in report.scores if s.masks == masks}
    better = direction(first, metric)
    ours, theirs = ([counted_from(x[case], better) for case in cases] for x in (a, b))
    found = _both_ways(ours, theirs)
    return Difference(masks, metric, *pair, better, found, len(pictures) - len(cases))


def _both_ways(a: Sequence[float], b: Sequence[float]) -> Paired:
    """Return a - b such that b - a is exactly its mirror image: resamples alone are not."""
    there = paired(a, b)
    if not there.mean < 0:
        return there
    back = paired(b, a)
    return replace(back, mean=-back.mean, low=-back.high, high=-back.low)


def check_same(first: Report, second: Report) -> None:
    """Refuse two reports whose numbers may not stand in one table.

    Raises:
        UsageError: they measured other pictures, have no mask set in common, or one whose masks
            differ; it says which.
    """
    if first is second:
        return
    differ = []
    a, b = (str(report.pictures.get("hash", "")) for report in (first, second))
    if not a or not b:
        raise UsageError("a report does not say the hash of its pictures: measure again")
    if a != b:
        sizes = (_pictures(first), _pictures(second))
        differ.append(f"the pictures ({sizes[0]}, and {sizes[1]})")
    sets = [name for name in masks_of(first) if name in masks_of(second)]
    for name in sets:
        a, b = (report.masks.get(name, {}).get("hash", "") for report in (first, second))
        if a != b or not a:
            differ.append(f"the masks '{name}' ({a[:16] or 'no hash'}, and {b[:16] or 'no hash'})")
    if differ:
        what = " and ".join(differ)
        raise UsageError(f"the reports may not be compared, they differ in {what}: measure again")
    if not sets:
        names = [", ".join(masks_of(report)) for report in (first, second)]
        raise UsageError(f"the reports have no mask set in common: {names[0]}; and {names[1]}")


def not_compared(first: Report, second: Report) -> list[str]:
    """Return the names of mask sets that only one report has."""
    a, b = masks_of(first), masks_of(second)
    return [name for name in dict.fromkeys([*a, *b]) if name not in a or name not in b]


def _pictures(report: Report) -> str:
    told = report.pictures
    return f"{told.get('count', '?')} of size {told.get('size', '?')}, {told['hash'][:16]}"


def _check_definition(first: Report, second: Report, metric: str) -> None:
    a, b = (report.metrics.get(metric, {}) for report in (first, second))
    if any(a.get(key) != b.get(key) for key in ("definition", "unit", "better")):
        raise UsageError(
            f"the reports define '{metric}' differently: choose others with --metric, or measure "
            "both again with one version"
        )


def _known(name: str, names: Sequence[str], what: str) -> None:
    if name not in names:
        close = nearest_name(name, [*names])
        raise UsageError(f"no {what} '{name}' there{close}: choose from {', '.join(names)}")


def pairs_of(first: Report, second: Report, names: Sequence[str]) -> list[tuple[str, str]]:
    """Return which methods are compared: of the first report, and of the second.

    Args:
        first, second: two reports, or one twice.
        names: of one report, a method and those that it is compared with; of two, a method of
            each, or one that both have, or none, which takes all that both have.

    Raises:
        UsageError: too few names or too many, or no method is in both.
    """
    if first is second:
        if len(names) < 2:
            raise UsageError(
                "one report alone: name another, or two methods of it, as in --methods a,b "
                f"(it has {', '.join(methods_of(first))})"
            )
        return against_first(names)
    if len(names) > 2:
        raise UsageError(f"{len(names)} methods of two reports: name one of each, or one in both")
    return [(names[0], names[-1])] if names else _common_methods(first, second)


def _common_methods(first: Report, second: Report) -> list[tuple[str, str]]:
    names = [name for name in methods_of(first) if name in methods_of(second)]
    if not names:
        told = [", ".join(methods_of(report)) for report in (first, second)]
        raise UsageError(
            f"no method is in both reports ({told[0]}; and {told[1]}): name one of each, as in "
            "--methods a,b"
        )
    return [(name, name) for name in names]


def against_first(names: Sequence[str]) -> list[tuple[str, str]]:
    """Pair the first of some methods with each other one."""
    return [(names[0], other) for other in names[1:]]
