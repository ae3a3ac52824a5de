"""Means with intervals, of one method's values and of the differences of two. Nothing is drawn."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import UsageError

RESAMPLES = 10_000
_AT_ONCE = 1 << 20  # values drawn at a time: 16 MB, whatever the count
_SEED = 0


@dataclass(frozen=True)
class Summary:
    """A mean of pictures' values and how sure it is.

    Attributes:
        mean: of the finite values; NaN where there is none.
        low, high: the ends of its 95 % interval; NaN below two finite values.
        count: finite values.
        infinite: values that are infinite, which no mean holds.
    """

    mean: float
    low: float
    high: float
    count: int
    infinite: int


@dataclass(frozen=True)
class Paired:
    """The mean difference of two methods on the same pictures.

    Attributes:
        mean, low, high: of the differences, as in `Summary`.
        count: pairs in it.
        left_out: pairs with an infinite value.
    """

    mean: float
    low: float
    high: float
    count: int
    left_out: int


def summary(values: Iterable[float]) -> Summary:
    """Return mean and interval of some values; their order does not matter.

    The interval is the percentile bootstrap (Efron 1979): 10,000 times as many values are drawn
    with replacement, by a fixed seed, and between the 2.5th and 97.5th percentile of the means of
    those lies the interval. It speaks of other pictures like these, and is a little too narrow
    for fewer than about 20.

    Raises:
        UsageError: a value is not a number.
    """
    found = _array(values)
    finite = found[np.isfinite(found)]
    return Summary(*_interval(finite), len(finite), len(found) - len(finite))


def paired(a: Sequence[float], b: Sequence[float]) -> Paired:
    """Return mean and interval of a - b, pair by pair; as `summary`.

    Raises:
        UsageError: not the same number of both, or a value that is not a number.
    """
    ours, theirs = _array(a), _array(b)
    if len(ours) != len(theirs):
        raise UsageError(f"pairs take as many of both: {len(ours)} and {len(theirs)} values")
    both = np.isfinite(ours) & np.isfinite(theirs)
    return Paired(*_interval(ours[both] - theirs[both]), int(both.sum()), int((~both).sum()))


def _array(values: Iterable[float]) -> np.ndarray:
    found = np.array(list(values), np.float64)
    if np.isnan(found).any():
        raise UsageError("a value that is to be summed up is not a number (NaN)")
    return found


def _interval(values: np.ndarray) -> tuple[float, float, float]:
    """Return the mean and both ends of its interval."""
    if not len(values):
        return math.nan, math.nan, math.nan
    values = np.sort(values)  # so that the draws do not depend on the order of pictures
    mean = float(values.mean())
    if len(values) == 1:
        return mean, math.nan, math.nan
    low, high = np.percentile(_means(values), (2.5, 97.5))
    return mean, float(low), float(high)


def _means(values: np.ndarray) -> np.ndarray:
    """Return the means of `RESAMPLES` resamples."""
    draws = np.random.default_rng(_SEED)
    rows = max(1, _AT_ONCE // len(values))
    means = []
    for start in range(0, RESAMPLES, rows):
        shape = (min(rows, RESAMPLES - start), len(values))
        means.append(values[draws.integers(0, len(values), shape)].mean(1))
    return np.concatenate(means)
