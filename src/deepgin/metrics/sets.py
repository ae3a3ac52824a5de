"""FID and KID: distances of two sets of features."""

import numpy as np

from ..errors import UsageError

DIMENSIONS = 2048
"""The length of Inception's features."""
_FEW = 10_000


class Moments:
    """Mean and covariance of features that are added in parts, in float64.

    It keeps one D x D matrix, however many are added; their order changes rounding only.

        >>> moments = Moments()
        >>> moments.add(np.array([[0.0, 1.0]]))
        >>> moments.add(np.array([[2.0, 1.0], [4.0, 1.0]]))
        >>> moments.mean, moments.covariance
        (array([2., 1.]), array([[4., 0.],
               [0., 0.]]))

    Attributes:
        count: features so far.
    """

    def __init__(self) -> None:
        self.count = 0
        self._mean = np.zeros(0)
        self._scatter = np.zeros((0, 0))

    def add(self, features: np.ndarray) -> None:
        """Add finite features, N x D with one D; UsageError for others."""
        new = np.asarray(features, np.float64)
        if new.ndim != 2 or (self.count and new.shape[1] != len(self._mean)):
            raise UsageError(f"features must be N x D with one D, not {new.shape}")
        if not np.isfinite(new).all():
            raise UsageError("features must be finite numbers")
        if not len(new):
            return
        if not self.count:
            self._mean = np.zeros(new.shape[1])
            self._scatter = np.zeros((new.shape[1], new.shape[1]))
        # Chan et al. 1979: no sum of squares, whose difference to the mean's would cancel.
        mean = new.mean(0)
        away, step, total = new - mean, mean - self._mean, self.count + len(new)
        self._scatter += away.T @ away + np.outer(step, step) * (self.count * len(new) / total)
        self._mean = self._mean + step * (len(new) / total)
        self.count = total

    @property
    def mean(self) -> np.ndarray:
        """D numbers, float64."""
        return self._mean

    @property
    def covariance(self) -> np.ndarray:
        """D x D, float64, divided by N - 1; UsageError below two features."""
        if self.count < 2:
            raise UsageError(f"a covariance takes at least 2 pictures, not {self.count}")
        return self._scatter / (self.count - 1)


def frechet(
    mean1: np.ndarray, covariance1: np.ndarray, mean2: np.ndarray, covariance2: np.ndarray
) -> float:
    """Return |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)), the FID of Heusel et al. 2017.

    The last trace is the sum of the singular values of C1^(1/2) C2^(1/2): always real, and exact
    where a covariance is singular, unlike a square root of the product C1 C2.

        >>> one = np.eye(2)
        >>> round(frechet(np.zeros(2), one, np.array([3.0, 0.0]), 4 * one), 6)  # 9 + 2 (1 - 2)^2
        11.0

    Means are D numbers, covariances D x D, symmetric, positive semidefinite up to rounding. It is
    0 or more, and 0 up to rounding for equal moments.

    Raises:
        UsageError: the shapes do not match.
    """
    shapes = [np.shape(x) for x in (mean1, covariance1, mean2, covariance2)]
    d = len(mean1)
    if shapes != [(d,), (d, d), (d,), (d, d)]:
        raise UsageError(f"a Fréchet distance takes two D and D x D, not {shapes}")
    apart = np.asarray(mean1, np.float64) - np.asarray(mean2, np.float64)
    common = np.linalg.svd(_root(covariance1) @ _root(covariance2), compute_uv=False).sum()
    spread = np.trace(covariance1) + np.trace(covariance2) - 2 * common
    return max(0.0, float(apart @ apart + spread))


def fid(one: Moments, other: Moments) -> float:
    """Return the Fréchet distance of two sets by their moments; see `frechet`."""
    return frechet(one.mean, one.covariance, other.mean, other.covariance)


def fid_warning(count: int, dimensions: int = DIMENSIONS) -> str:
    """Return why an FID over `count` pictures is unreliable; empty from 10,000 on."""
    if count <= dimensions:
        return (
            f"{count:,} pictures are too few for FID: their covariance in {dimensions:,} dimensions"
            " is singular, and the value is far too high; compare it with none of another count"
        )
    if count < _FEW:
        return (
            f"{count:,} pictures make FID too high (it is biased below {_FEW:,}): compare it with "
            "none of another count"
        )
    return ""


def _root(covariance: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(np.asarray(covariance, np.float64))
    root: np.ndarray = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    return root


def kid(
    one: np.ndarray, other: np.ndarray, *, subsets: int = 100, size: int = 1000, seed: int = 0
) -> float:
    """Return the mean of `mmd2` over seeded random subsets: KID of Binkowski et al. 2018.

    Unbiased at any size, unlike FID. Many authors print it times 1,000; this is not scaled.

        >>> one = np.array([[1.0, 0.0], [0.0, 1.0]])
        >>> kid(one, 2 * one)  # 1 + 1 - 2 (8 + 1) / 2, of `mmd2`
        -7.0

    Args:
        one, other: features, N x D and M x D.
        subsets: number of subsets, each drawn without replacement with `seed`.
        size: features in each, at most those of the smaller set.

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
        return mmd2(x, y)
    draws = np.random.default_rng(seed)
    values = [
        mmd2(
            x[draws.choice(len(x), size, replace=False)],
            y[draws.choice(len(y), size, replace=False)],
        )
        for _ in range(subsets)
    ]
    return float(np.mean(values))


def mmd2(x: np.ndarray, y: np.ndarray) -> float:
    """Return the unbiased squared maximum mean discrepancy under k(a, b) = (a.b / D + 1)^3.

    The mean of k over pairs of different x, plus that of y, minus twice that of x with y; x and y
    are N x D and M x D, at least two of each.
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
