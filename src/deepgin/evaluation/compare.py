"""Paired differences of two methods, in one report or in two that measured the same."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from ..errors import UsageError, nearest_name
from .scores import Report, Score
from .statistics import MeanInterval, mean_difference

FEWEST = 6
"""The fewest pairs with a verdict. Below six no sign test can reach 95 % (2 / 2**5 > 0.05), and a
bootstrap interval is too narrow."""

NEARER_1 = "nearer 1"
"""`better` of a metric that is best at 1: |value - 1| is compared, and lower is better."""

CaseKey: TypeAlias = tuple[str, str]
"""A mask set's name and a picture's."""


@dataclass(frozen=True)
class Difference:
    """The difference of two methods on the same pictures under one mask set.

    Attributes:
        better: "higher", "lower" or "nearer 1", as the metric says.
        pairs: the mean of first - second, of values as `compared_value` returns them, in the unit
            of the metric; `left_out` counts the pairs with an infinite value.
        unpaired: pictures where a method failed or has no value.
    """

    masks: str
    metric: str
    first: str
    second: str
    better: str
    pairs: MeanInterval
    unpaired: int

    @property
    def shared(self) -> int:
        """Number of pictures with a value of both methods."""
        return self.pairs.count + self.pairs.left_out

    @property
    def verdict(self) -> str:
        """Whether the first method is better or worse, or why that is unknown."""
        if self.pairs.count < FEWEST:
            return f"too few pairs to tell (below {FEWEST})"
        if self.pairs.low <= 0 <= self.pairs.high:
            return "not distinguishable at 95 %"
        return "better" if (self.pairs.low > 0) == (self.better == "higher") else "worse"


def methods_of(report: Report) -> list[str]:
    """Return the names of the methods, in the report's order."""
    return list(dict.fromkeys([*report.methods, *(score.method for score in report.scores)]))


def masks_of(report: Report) -> list[str]:
    """Return the names of the mask sets, in the report's order."""
    return list(dict.fromkeys([*report.masks, *(score.masks for score in report.scores)]))


def metrics_of(report: Report) -> list[str]:
    """Return the names of the metrics that single pictures have values of."""
    measured = dict.fromkeys(name for score in report.scores for name in score.values)
    defined = [name for name in report.metrics if name in measured]
    return [*defined, *(name for name in measured if name not in report.metrics)]


def direction(report: Report, metric: str) -> str:
    """Return which values of a metric are better: "higher", "lower" or "nearer 1"."""
    return report.metrics.get(metric, {}).get("better", "higher")


def compared_value(value: float, better: str) -> float:
    """Return the value that is compared: the distance from 1 if that is best, else the value."""
    return abs(value - 1) if better == NEARER_1 else value


def merit(value: float, better: str) -> float:
    """Return a number that is higher the better a value is."""
    return value if better == "higher" else -compared_value(value, better)


def values_of(report: Report, method: str, metric: str) -> dict[CaseKey, float]:
    """Return a method's values of a metric, without pictures where it failed or got a NaN."""
    return {
        (score.masks, score.picture): score.values[metric]
        for score in report.scores
        if score.method == method and is_measured(score, metric)
    }


def is_measured(score: Score, metric: str) -> bool:
    """Return whether a score has a value of a metric (NaN is none)."""
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
        pairs: a method of each report.
        metrics: None is all that both reports have.

    Raises:
        UsageError: the reports measured different things, or a name is unknown.
    """
    sets = _same_masks(first, second)
    shared = _common(metrics_of(first), metrics_of(second))
    metrics = shared if metrics is None else metrics
    if not shared:
        raise UsageError("the reports have no metric in common", mend="measure again with the same")
    for metric in metrics:
        if metric in (one.metric for one in first.sets):
            raise UsageError(
                f"'{metric}' has one value for a whole set of pictures, and no differences",
                field="metric",
            )
        _check_known(metric, shared, "metric")
        a, b = (report.metrics.get(metric, {}) for report in (first, second))
        if any(a.get(key) != b.get(key) for key in ("definition", "unit", "better")):
            raise UsageError(
                f"the reports define '{metric}' differently",
                field="metric",
                mend="choose other metrics with {metric}, or measure both again with one version",
            )
    for one, other in pairs:
        _check_known(one, methods_of(first), "method")
        _check_known(other, methods_of(second), "method")
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
    ours, theirs = ([compared_value(x[case], better) for case in cases] for x in (a, b))
    mean = mean_difference(ours, theirs)
    if mean.mean < 0:  # so that b - a is the exact negative of a - b, unlike its resamples
        back = mean_difference(theirs, ours)
        mean = replace(back, mean=-back.mean, low=-back.high, high=-back.low)
    return Difference(
        masks=masks,
        metric=metric,
        first=pair[0],
        second=pair[1],
        better=better,
        pairs=mean,
        unpaired=len(pictures) - len(cases),
    )


def _same_masks(first: Report, second: Report) -> list[str]:
    """Return the mask sets of both reports; refuse reports of other pictures or masks."""
    sets = _common(masks_of(first), masks_of(second))
    if first is second:
        return sets
    a, b = (str(report.pictures.get("hash", "")) for report in (first, second))
    if not a or not b:
        raise UsageError("a report lacks the hash of its pictures", mend="measure again")
    differ = [] if a == b else [f"the pictures ({_pictures(first)}, and {_pictures(second)})"]
    for name in sets:
        a, b = (report.masks.get(name, {}).get("hash", "") for report in (first, second))
        if a != b or not a:
            differ.append(f"the masks '{name}' ({a[:16] or 'no hash'}, and {b[:16] or 'no hash'})")
    if differ:
        raise UsageError(f"the reports differ in {' and '.join(differ)}", mend="measure again")
    if not sets:
        names = [", ".join(masks_of(report)) for report in (first, second)]
        raise UsageError(f"the reports have no mask set in common: {names[0]}; and {names[1]}")
    return sets


def _pictures(report: Report) -> str:
    about = report.pictures
    return f"{about.get('count', '?')} of size {about.get('size', '?')}, {about['hash'][:16]}"


def _common(a: Sequence[str], b: Sequence[str]) -> list[str]:
    return [name for name in a if name in b]


def _check_known(name: str, names: Sequence[str], what: str) -> None:
    if name not in names:
        raise UsageError(
            f"the report has no {what} '{name}'{nearest_name(name, [*names])}",
            mend=f"choose from {', '.join(names)}",
        )


def not_compared(first: Report, second: Report) -> list[str]:
    """Return the names of mask sets that only one report has."""
    a, b = masks_of(first), masks_of(second)
    return [name for name in dict.fromkeys([*a, *b]) if name not in a or name not in b]


def pairs_of(first: Report, second: Report, names: Sequence[str]) -> list[tuple[str, str]]:
    """Return the pairs of methods to compare, of the first report and of the second.

    In one report (passed twice) `names` are a method and those to compare it with; in two they are
    one of each, or one that both have, or none for all that both have.

    Raises:
        UsageError: too few or too many names, or no method is in both reports.
    """
    known = ", ".join(methods_of(first))
    if first is second:
        if len(names) < 2:
            raise UsageError(
                f"one report and fewer than two methods (it has {known})",
                field="methods",
                mend="name another report, or two methods, as in {methods=a,b}",
            )
        return against_first(names)
    if len(names) > 2:
        raise UsageError(
            f"{len(names)} methods of two reports",
            field="methods",
            mend="name one of each, or one in both",
        )
    if names:
        return [(names[0], names[-1])]
    common = _common(methods_of(first), methods_of(second))
    if not common:
        raise UsageError(
            f"no method is in both reports ({known}; and {', '.join(methods_of(second))})",
            field="methods",
            mend="name one of each, as in {methods=a,b}",
        )
    return [(name, name) for name in common]


def against_first(names: Sequence[str]) -> list[tuple[str, str]]:
    """Pair the first of some methods with each other one."""
    return [(names[0], other) for other in names[1:]]
