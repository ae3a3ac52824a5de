"""The kernel distance of two sets of features. The features' network is in perceptual/."""

from dataclasses import dataclass

import numpy as np

from ..errors import UsageError


@dataclass(frozen=True)
class Kid:
    """A kernel distance.

    Attributes:
        mean: over the subsets; about 0 for sets of one kind, a little below as often as above.
        deviation: of the subsets' values about it; not an error of the mean, as subsets overlap.
            NaN where there is but one.
        subsets: how many; one where both sets are taken whole.
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

    Unbiased at any size, unlike FID. The authors multiply by nothing; many print it times 1,000.

    Args:
        one, other: features, N x D and M x D.
        subsets: how many are drawn, each without putting back.
        size: features in each; no more than the smaller set has.
        seed: of the draws.

    Raises:
        UsageError: shapes that do not go together, fewer than two features, no subsets.
    """
    x, y = _features(one), _features(other)
    if x.shape[1] != y.shape[1]:
        raise UsageError(f"KID compares features of one length: {x.shape}, {y.shape}")
    size = min(size, len(x), len(y))
    if size < 2 or subsets < 1:
        raise UsageError(f"KID takes subsets of at least 2 pictures: {subsets} of {size} do not do")
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
    found = np.asarray(features, np.float64)
    if found.ndim != 2 or not np.isfinite(found).all():
        raise UsageError(f"KID takes finite features, N x D: these are {found.shape}")
    return found
