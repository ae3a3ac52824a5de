"""KID, the kernel distance of two sets of features."""

from dataclasses import dataclass

import numpy as np

from ..errors import UsageError


@dataclass(frozen=True)
class Kid:
    """A kernel distance.

    Attributes:
        mean: over the subsets; near 0, above or below, for two samples of one distribution.
        deviation: standard deviation over the subsets, NaN for one subset. It is not an error of
            the mean, as subsets overlap.
        subsets: number of subsets; one if both sets are used whole.
        size: features of each set in a subset.
    """

    mean: float
    deviation: float
    subsets: int
    size: int


def kid(
    one: np.ndarray, other: np.ndarray, *, subsets: int = 100, size: int = 1000, seed: int = 0
) -> Kid:
    """Return the mean of `mmd2` over seeded random subsets: KID of Binkowski et al. 2018.

    Unbiased at any size, unlike FID. Many authors print it times 1,000; this is not scaled.

        >>> one = np.array([[1.0, 0.0], [0.0, 1.0]])
        >>> kid(one, 2 * one).mean  # 1 + 1 - 2 (8 + 1) / 2, of `mmd2`
        -7.0
        >>> kid(one, 2 * one).size
        2

    Args:
        one, other: features, N x D and M x D.
        subsets: number of subsets, each drawn without replacement.
        size: features in each, at most those of the smaller set.
        seed: of the draws.

    Raises:
        UsageError: shapes that do not match, fewer than two features, no subsets.
    """
    x, y = _features(one), _features(other)
    if x.shape[1] != y.shape[1]:
        raise UsageError(f"KID compares features of one length: {x.shape}, {y.shape}")
    size = min(size, len(x), len(y))
    if size < 2 or subsets < 1:
        raise UsageError(f"KID takes subsets of at least 2 pictures, not {subsets} of {size}")
    if size == len(x) == len(y):
        return Kid(mmd2(x, y), float("nan"), 1, size)
    draws = np.random.default_rng(seed)
    values = [
        mmd2(
            x[draws.choice(len(x), size, replace=False)],
            y[draws.choice(len(y), size, replace=False)],
        )
        for _ in range(subsets)
    ]
    deviation = float(np.std(values, ddof=1)) if subsets > 1 else float("nan")
    return Kid(float(np.mean(values)), deviation, subsets, size)


def mmd2(x: np.ndarray, y: np.ndarray) -> float:
    """Return the unbiased squared maximum mean discrepancy under k(a, b) = (a.b / D + 1)^3.

    The mean of k over pairs of different x, plus that of y, minus twice that of x with y.

    Args:
        x, y: N x D and M x D, at least two of each.
    """
    within = [
        (k.sum() - np.trace(k)) / (len(k) * (len(k) - 1)) for k in (_kernel(x, x), _kernel(y, y))
    ]
    return float(within[0] + within[1] - 2 * _kernel(x, y).mean())


def _kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    kernel: np.ndarray = (x @ y.T / x.shape[1] + 1) ** 3
    return kernel


def _features(features: np.ndarray) -> np.ndarray:
    array = np.asarray(features, np.float64)
    if array.ndim != 2 or not np.isfinite(array).all():
        raise UsageError(f"KID takes finite features, N x D, not {array.shape}")
    return array
