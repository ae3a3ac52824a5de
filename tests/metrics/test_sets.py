"""FID and KID against closed forms, NumPy and a plain double loop."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm

from deepgin.errors import UsageError
from deepgin.metrics import Moments, fid, fid_warning, frechet, kid
from deepgin.metrics.sets import mmd2


def covariance(draws: np.random.Generator, size: int, rank: int | None = None) -> np.ndarray:
    root = draws.normal(size=(size, rank or size))
    return root @ root.T


@settings(max_examples=20)
@given(seed=st.integers(0, 2**31), size=st.integers(1, 8))
def test_diagonal_covariances(seed, size):
    draws = np.random.default_rng(seed)
    m1, m2 = draws.normal(size=(2, size))
    s1, s2 = draws.random((2, size)) * 5
    expected = ((m1 - m2) ** 2).sum() + ((s1 - s2) ** 2).sum()
    result = frechet(m1, np.diag(s1**2), m2, np.diag(s2**2))
    assert result == pytest.approx(expected, abs=1e-10)
    # The same turned about: no axis is special.
    turn = np.linalg.qr(draws.normal(size=(size, size)))[0]
    turned = [turn @ np.diag(s**2) @ turn.T for s in (s1, s2)]
    assert frechet(turn @ m1, turned[0], turn @ m2, turned[1]) == pytest.approx(expected, abs=1e-9)


@settings(max_examples=20)
@given(seed=st.integers(0, 2**31), size=st.integers(1, 8))
def test_symmetric_and_zero_on_itself(seed, size):
    draws = np.random.default_rng(seed)
    m1, m2 = draws.normal(size=(2, size))
    c1, c2 = covariance(draws, size), covariance(draws, size)
    assert frechet(m1, c1, m2, c2) == pytest.approx(frechet(m2, c2, m1, c1))
    assert frechet(m1, c1, m1, c1) == pytest.approx(0, abs=1e-9)
    assert frechet(m1, c1, m2, c1) == pytest.approx(((m1 - m2) ** 2).sum())


@settings(max_examples=20)
@given(seed=st.integers(0, 2**31))
def test_agrees_with_the_square_root_of_the_product(seed):
    draws = np.random.default_rng(seed)
    c1, c2 = covariance(draws, 6), covariance(draws, 6)
    expected = np.trace(c1 + c2 - 2 * sqrtm(c1 @ c2).real)
    assert frechet(np.zeros(6), c1, np.zeros(6), c2) == pytest.approx(expected, abs=1e-6)


def test_singular_covariances_stay_exact():
    draws = np.random.default_rng(0)
    c = covariance(draws, 60, rank=3)
    assert frechet(np.zeros(60), c, np.zeros(60), c) == pytest.approx(0, abs=1e-9)
    assert frechet(np.zeros(60), c, np.zeros(60), 4 * c) == pytest.approx(np.trace(c))


def test_sets_of_gaussian_features():
    draws = np.random.default_rng(1)
    one, other = Moments(), Moments()
    one.add(draws.normal(0, 1, (200_000, 3)))
    other.add(draws.normal((1, 0, 2), (1, 3, 0.5), (200_000, 3)))
    assert fid(one, other) == pytest.approx(5 + 4 + 0.25, rel=0.01)


@settings(max_examples=20)
@given(seed=st.integers(0, 2**31), cuts=st.lists(st.integers(0, 40), max_size=4))
def test_moments_in_pieces_are_those_of_the_whole(seed, cuts):
    features = np.random.default_rng(seed).normal(1e6, 1, (40, 3))  # far from 0: sums would cancel
    moments = Moments()
    for piece in np.split(features, sorted(cuts)):
        moments.add(piece)
    assert moments.count == 40
    np.testing.assert_allclose(moments.mean, features.mean(0), rtol=1e-12)
    np.testing.assert_allclose(moments.covariance, np.cov(features.T), atol=1e-8)


def test_features_and_moments_that_do_not_work():
    moments = Moments()
    with pytest.raises(UsageError):
        _ = moments.covariance
    moments.add(np.ones((1, 3), np.float16))
    for features in (np.ones((2, 4)), np.full((1, 3), np.nan)):
        with pytest.raises(UsageError):
            moments.add(features)
    with pytest.raises(UsageError):
        frechet(np.zeros(3), np.eye(3), np.zeros(4), np.eye(4))
    ones = np.ones((5, 3))
    for other, subsets in ((np.ones((5, 4)), 1), (ones[:1], 1), (ones, 0), (ones * np.nan, 1)):
        with pytest.raises(UsageError):
            kid(ones, other, subsets=subsets)


def test_small_sets_have_a_warning():
    warnings = [fid_warning(count) for count in (2048, 2049, 9999, 10_000)]
    assert [bool(text) for text in warnings] == [True, True, True, False]
    assert warnings[1].replace("2,049", "9,999") == warnings[2] != warnings[0]


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
    assert kid(x, y[:7]) == pytest.approx(by_loops(x, y[:7]), rel=1e-12)


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
    value = kid(x, y, subsets=20)
    assert value == kid(x, y, subsets=20, size=45) != kid(x, y, subsets=20, seed=1)
    assert value == pytest.approx(mmd2(x, y), rel=0.2)
    # float32 as networks give them
    assert kid(x.astype(np.float32), y, subsets=20) == pytest.approx(value, rel=1e-5)
