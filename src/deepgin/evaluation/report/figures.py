"""Small pictures for the page, as data URIs, and histograms of paired differences."""

import math
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from ...errors import PictureError
from ...pictures import read_rgb
from ..compare import direction, merit
from ..scores import picture_path
from .cases import Cases
from .tables import digits_of
from .text import number

SIDE = 256
"""At most so many pixels, in each direction."""

_QUALITY = 85
BARS = 21
"""Odd: the bar in the middle holds what hardly differs."""

_NICE = (1, 1.5, 2, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True)
class Panel:
    """One picture of a figure.

    Attributes:
        label: what it shows.
        told: its value in words, or why there is none; may be empty.
        source: a data URI; empty where the picture is not to be had.
    """

    label: str
    told: str
    source: str


@dataclass(frozen=True)
class Figure:
    """Hole, each method, and truth of one picture.

    Attributes:
        which: "worst", "median", "best" or "only".
        picture: its name.
        panels: from hole to truth.
    """

    which: str
    picture: str
    panels: tuple[Panel, ...]


def figures(cases: Cases, masks: str, method: str, metric: str, folder: Path) -> list[Figure]:
    """Return figures of the worst, median and best picture of a mask set; none without pictures.

    Args:
        cases: of a report.
        masks: the mask set.
        method: whose values order the pictures.
        metric: in which they are ordered.
        folder: of the run's pictures: FOLDER/METHOD/MASKS/NAME.png.
    """
    if not folder.is_dir():
        return []
    return [
        Figure(which, picture, tuple(_panels(cases, masks, picture, metric, folder)))
        for which, picture in extremes(cases, masks, method, metric)
    ]


def extremes(cases: Cases, masks: str, method: str, metric: str) -> list[tuple[str, str]]:
    """Return which of a mask set's pictures are a method's worst, median and best, by name."""
    better = direction(cases.report, metric)
    values = cases.values(method, metric)
    ranked = [
        picture
        for _, picture in sorted(
            (merit(value, better), picture)
            for (own, picture), value in values.items()
            if own == masks
        )
    ]
    if len(ranked) < 2:
        return [("only", picture) for picture in ranked]
    middle = [("median", ranked[(len(ranked) - 1) // 2])] if len(ranked) > 2 else []
    return [("worst", ranked[0]), *middle, ("best", ranked[-1])]


def _panels(cases: Cases, masks: str, picture: str, metric: str, folder: Path) -> list[Panel]:
    panels = [Panel("hole", "", embedded(folder, picture_path(f"hole/{masks}", picture)))]
    for method in cases.methods:
        score = cases.scores[method].get((masks, picture))
        if score is None or score.error:
            panels.append(Panel(method, "failed" if score else "not measured", ""))
            continue
        told = _told(cases, metric, score.values[metric]) if metric in score.values else ""
        panels.append(
            Panel(method, told, embedded(folder, picture_path(f"{method}/{masks}", picture)))
        )
    return [*panels, Panel("truth", "", embedded(folder, picture_path("truth", picture)))]


def _told(cases: Cases, metric: str, value: float) -> str:
    unit = cases.report.metrics.get(metric, {}).get("unit", "")
    text = number(value, digits_of(cases, metric, [value]))
    return f"{text} {unit}" if unit else f"{metric} {text}"


def embedded(folder: Path, inside: str) -> str:
    """Return a picture below a folder as a data URI, scaled down to `SIDE`; "" if it has none.

    A name that leads out of the folder has none: a report may come from anywhere.
    """
    path = folder / inside
    if not path.resolve().is_relative_to(folder.resolve()):
        return ""
    try:
        picture = read_rgb(path)
    except PictureError:
        return ""
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    data = BytesIO()
    picture.save(data, "WEBP", quality=_QUALITY)
    return f"data:image/webp;base64,{b64encode(data.getvalue()).decode()}"


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
