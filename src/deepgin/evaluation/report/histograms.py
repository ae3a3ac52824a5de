"""Histograms of paired differences, as bars to be drawn. No SVG here: the template draws."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BARS = 21
"""Odd: the bar in the middle holds what hardly differs."""

_NICE = (1, 1.5, 2, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True)
class Bar:
    """One bar.

    Attributes:
        low, high: of the differences in it.
        count: of them.
        share: of the highest bar, in [0, 1].
        kind: "better", "worse" or "even", for the first method.
    """

    low: float
    high: float
    count: int
    share: float
    kind: str


@dataclass(frozen=True)
class Histogram:
    """Bars from `-reach` to `reach`."""

    reach: float
    bars: tuple[Bar, ...]


def histogram(differences: Sequence[float], better: str = "higher") -> Histogram:
    """Return the histogram of differences of a first method minus another.

    Args:
        differences: any numbers; those that are not finite are left out.
        better: "higher", or what else the metric has, where lower differences are better.
    """
    finite = [value for value in differences if math.isfinite(value)]
    reach = nice(max((abs(value) for value in finite), default=0))
    counts, edges = np.histogram(finite, BARS, (-reach, reach))
    top = max(int(counts.max()), 1)
    bars = tuple(
        Bar(float(edges[i]), float(edges[i + 1]), int(count), int(count) / top, _kind(i, better))
        for i, count in enumerate(counts)
    )
    return Histogram(reach, bars)


def _kind(place: int, better: str) -> str:
    if place == BARS // 2:
        return "even"
    return "better" if (place > BARS // 2) == (better == "higher") else "worse"


def nice(value: float) -> float:
    """Return the smallest round number that is not below a value; 1 for 0."""
    if value <= 0:
        return 1.0
    scale = 10.0 ** math.floor(math.log10(value))
    return next((scale * step for step in _NICE if value <= scale * step), scale * 10)
