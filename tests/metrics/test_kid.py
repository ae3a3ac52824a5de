"""The kernel distance against a plain double loop, and its subsets."""

import math

import numpy as np
import pytest

from deepgin.errors import UsageError
from deepgin.metrics import kid
from deepgin.metrics.kid import mmd2


def by_loops(x: np.ndarray, y: np.ndarray) -> float:
    def kernel(a: np.ndarray, b: np.ndarray) -> float:
        return (sum(float(i) * float(j) for i, j in zip(a, b, strict=True)) / len(a) + 1) ** 3

    n, m = len(x), len(y)
    ours = sum(kernel(x[i], x[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    theirs = sum(kernel(y[i], y[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    return ours + theirs - 2 * sum(kernel(a, b) for a in x for b in y) / (n * m)


def test_against_the_double_loop():
    draws = np.random.default_rng(0)
    x, y = draws.normal(size=(7, 5)), draws.normal(0.5, 2, (9, 5))
    assert mmd2(x, y) == pytest.approx(by_loops(x, y), rel=1e-12)
    found = kid(x, y[:7])
    assert found.mean == pytest.approx(by_loops(x, y[:7]), rel=1e-12)
    assert (found.subsets, found.size) == (1, 7) and math.isnan(found.deviation)


def test_by_hand():
    # k(0, a) = 1; k(1, 1) = 8; k(1, 2) = 27: 1 + 27 - 2 (1 + 1 + 1 + 1) / 4
    assert mmd2(np.array([[0.0], [0.0]]), np.array([[1.0], [2.0]])) == pytest.approx(26)


def test_unbiased():
    draws = np.random.default_rng(1)
    values = [mmd2(*draws.normal(size=(2, 6, 4))) for _ in range(4000)]
    assert abs(np.mean(values)) < 4 * np.std(values) / len(values) ** 0.5
    assert min(values) < 0


def test_subsets_are_seeded_and_of_the_smaller_size():
    draws = np.random.default_rng(2)
    x, y = draws.normal(size=(60, 4)), draws.normal(1, 1, (45, 4))
    found = kid(x, y, subsets=20, size=1000)
    assert (found.subsets, found.size) == (20, 45) and found.deviation > 0
    assert found == kid(x, y, subsets=20, size=1000)
    assert found != kid(x, y, subsets=20, size=1000, seed=1)
    assert abs(found.mean - mmd2(x, y)) < 4 * found.deviation
    # One set is taken whole; which of the other are drawn still differs.
    assert kid(x, y, subsets=20, size=10).deviation > found.deviation


def test_far_sets_are_far():
    draws = np.random.default_rng(3)
    x = draws.normal(size=(50, 4))
    near, far = draws.normal(size=(50, 4)), draws.normal(2, 1, (50, 4))
    assert abs(kid(x, near).mean) < 2 < kid(x, far).mean
    # float32 as networks give them
    assert kid(x.astype(np.float32), far).mean == pytest.approx(kid(x, far).mean, rel=1e-5)


def test_what_does_not_fit_is_refused():
    ones = np.ones((5, 3))
    with pytest.raises(UsageError):
        kid(ones, np.ones((5, 4)))
    with pytest.raises(UsageError):
        kid(ones, ones[:1])
    with pytest.raises(UsageError):
        kid(ones, ones, subsets=0)
    with pytest.raises(UsageError):
        kid(ones, ones * np.nan)
