"""Means with bootstrap intervals, of values and of paired differences."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import UsageError

RESAMPLES = 10_000
_BATCH = 1 << 20  # values drawn at a time: 16 MB, however many there are
_SEED = 0


@dataclass(frozen=True)
class MeanInterval:
    """A mean and its 95 % interval.

    Attributes:
        mean: of the finite values; NaN if there are none.
        low, high: the ends of the interval; NaN below two finite values.
        count: number of finite values.
        left_out: number of infinite values, which the mean leaves out.
    """

    mean: float
    low: float
    high: float
    count: int
    left_out: int


def mean_interval(values: Iterable[float]) -> MeanInterval:
    """Return the mean of some values, in any order, and its percentile bootstrap interval.

    The interval (Efron 1979) spans the 2.5th to the 97.5th percentile of the means of 10,000
    resamples drawn with replacement by a fixed seed. It holds for other pictures like these, and
    is a little too narrow below about 20 values.

    Raises:
        UsageError: a value is NaN.
    """
    from scipy.stats import bootstrap  # type: ignore[import-untyped]  # half a second to import

    array = _array(values)
    # Sorted, so that the resamples do not depend on the order of the pictures.
    finite = np.sort(array[np.isfinite(array)])
    count, left_out = len(finite), len(array) - len(finite)
    mean = float(finite.mean()) if count else math.nan
    if count < 2:
        return MeanInterval(mean, math.nan, math.nan, count, left_out)
    means = bootstrap(
        (finite,),
        np.mean,
        n_resamples=RESAMPLES,
        batch=max(1, _BATCH // count),
        method="percentile",
        random_state=np.random.default_rng(_SEED),
    ).bootstrap_distribution
    # Not its `confidence_interval`, whose level 0.025 is rounded: reports keep their last bit.
    low, high = np.percentile(means, (2.5, 97.5))
    return MeanInterval(mean, float(low), float(high), count, left_out)


def mean_difference(a: Sequence[float], b: Sequence[float]) -> MeanInterval:
    """Return the mean of a - b, pair by pair, as `mean_interval`; infinite pairs are left out.

    Raises:
        UsageError: a and b differ in length, or a value is NaN.
    """
    ours, theirs = _array(a), _array(b)
    if len(ours) != len(theirs):
        raise UsageError(f"{len(ours)} and {len(theirs)} values are not pairs")
    infinite = np.isinf(ours) | np.isinf(theirs)
    differences = np.subtract(ours, theirs, where=~infinite, out=np.full(len(ours), math.inf))
    return mean_interval(differences)


def _array(values: Iterable[float]) -> np.ndarray:
    array = np.array(list(values), np.float64)
    if np.isnan(array).any():
        raise UsageError("a value is not a number (NaN)")
    return array
