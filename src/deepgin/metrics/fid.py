"""The Fréchet distance of two sets of features. The features' network is in perceptual/."""

import numpy as np

from ..errors import UsageError

DIMENSIONS = 2048
"""Of the features of Inception."""
_FEW = 10_000


class Moments:
    """Mean and covariance of features that come bit by bit, in float64.

    Memory is that of one D x D matrix, however many come; the order matters to rounding alone.

    Attributes:
        count: features so far.
    """

    def __init__(self) -> None:
        self.count = 0
        self._mean = np.zeros(0)
        self._scatter = np.zeros((0, 0))

    def add(self, features: np.ndarray) -> None:
        """Take in some more.

        Args:
            features: N x D, finite; D is that of the first ones.

        Raises:
            UsageError: another shape, or a value that is not finite.
        """
        new = np.asarray(features, np.float64)
        if new.ndim != 2 or (self.count and new.shape[1] != len(self._mean)):
            raise UsageError(f"features are N x D with one D: {new.shape} do not fit")
        if not np.isfinite(new).all():
            raise UsageError("features are finite numbers: some of these are not")
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
        """D x D, float64, divided by N - 1.

        Raises:
            UsageError: there are fewer than two features.
        """
        if self.count < 2:
            raise UsageError(f"a covariance takes at least 2 pictures, not {self.count}")
        return self._scatter / (self.count - 1)


def frechet(
    mean1: np.ndarray, covariance1: np.ndarray, mean2: np.ndarray, covariance2: np.ndarray
) -> float:
    """Return |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)), the FID of Heusel et al. 2017.

    The last trace is the sum of the singular values of C1^(1/2) C2^(1/2): always real, and exact
    where a covariance is singular, unlike a square root of the product C1 C2.

    Args:
        mean1, mean2: D numbers.
        covariance1, covariance2: D x D, symmetric, no negative eigenvalue but by rounding.

    Returns:
        At least 0, which equal moments give up to rounding; lower is nearer.

    Raises:
        UsageError: the shapes do not go together.
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
    """Return what must be said of an FID over `count` pictures, the smaller of two sets.

    Nothing from 10,000 on.
    """
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
