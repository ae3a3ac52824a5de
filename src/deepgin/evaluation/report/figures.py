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
from .tables import digits_of, number, unit_of

SIDE = 256
"""The maximum side in pixels."""
BARS = 21
"""Number of bars; odd, so that the middle one holds the smallest differences."""
_QUALITY = 85
_NICE = (1, 1.5, 2, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True)
class Panel:
    """One picture of a figure: its value or why it has none, and a data URI, or empty strings."""

    label: str
    caption: str
    source: str


@dataclass(frozen=True)
class Figure:
    """Hole, each method, and truth of the "worst", "median", "best" or "only" picture."""

    which: str
    picture: str
    panels: tuple[Panel, ...]


def figures(cases: Cases, masks: str, method: str, metric: str, folder: Path) -> list[Figure]:
    """Return figures of `extremes` from FOLDER/METHOD/MASKS/NAME.png; none without a folder."""
    if not folder.is_dir():
        return []
    return [
        Figure(which, picture, tuple(_panels(cases, masks, picture, metric, folder)))
        for which, picture in extremes(cases, masks, method, metric)
    ]


def extremes(cases: Cases, masks: str, method: str, metric: str) -> list[tuple[str, str]]:
    """Return the names of a method's worst, median and best picture of a mask set."""
    better = direction(cases.report, metric)
    values = cases.values(method, metric).items()
    ranks = sorted((merit(value, better), case[1]) for case, value in values if case[0] == masks)
    ranked = [picture for _, picture in ranks]
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
        caption = _caption(cases, metric, score.values[metric]) if metric in score.values else ""
        source = embedded(folder, picture_path(f"{method}/{masks}", picture))
        panels.append(Panel(method, caption, source))
    return [*panels, Panel("truth", "", embedded(folder, picture_path("truth", picture)))]


def _caption(cases: Cases, metric: str, value: float) -> str:
    text, unit = number(value, digits_of(cases, metric, [value])), unit_of(cases, metric)
    return f"{text} {unit}" if unit else f"{metric} {text}"


def embedded(folder: Path, inside: str) -> str:
    """Return a picture below a folder as a data URI, scaled down to `SIDE`; "" if it is missing.

    A report may come from anywhere, so that a name that leads out of the folder is refused.
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
    """One bar: how many differences lie from `low` to `high`.

    Attributes:
        share: its height relative to the highest bar, in [0, 1].
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
    """Return the histogram of finite differences of a first method minus another."""
    finite = [value for value in differences if math.isfinite(value)]
    reach = nice(max((abs(value) for value in finite), default=0))
    counts, edges = np.histogram(finite, BARS, (-reach, reach))
    top, middle = max(int(counts.max()), 1), BARS // 2
    kinds = ["worse"] * middle + ["even"] + ["better"] * middle
    kinds = kinds if better == "higher" else kinds[::-1]
    bars = [
        Bar(low, high, count, count / top, kind)
        for low, high, count, kind in zip(
            edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), kinds, strict=True
        )
    ]
    return Histogram(reach, tuple(bars))


def nice(value: float) -> float:
    """Return the smallest round number at or above a value; 1 for 0."""
    if value <= 0:
        return 1.0
    scale = 10.0 ** math.floor(math.log10(value))
    return next((scale * step for step in _NICE if value <= scale * step), scale * 10)
