"""The Fréchet distance against closed forms, and its moments against NumPy's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm

from deepgin.errors import UsageError
from deepgin.metrics import Moments, fid, fid_warning, frechet


def covariance(draws: np.random.Generator, size: int, rank: int | None = None) -> np.ndarray:
    root = draws.normal(size=(size, rank or size))
    return root @ root.T


@given(seed=st.integers(0, 2**31), size=st.integers(1, 8))
def test_diagonal_covariances(seed, size):
    draws = np.random.default_rng(seed)
    m1, m2 = draws.normal(size=(2, size))
    s1, s2 = draws.random((2, size)) * 5
    expected = ((m1 - m2) ** 2).sum() + ((s1 - s2) ** 2).sum()
    found = frechet(m1, np.diag(s1**2), m2, np.diag(s2**2))
    assert found == pytest.approx(expected, abs=1e-10)
    # The same turned about: no axis is special.
    turn = np.linalg.qr(draws.normal(size=(size, size)))[0]
    turned = [turn @ np.diag(s**2) @ turn.T for s in (s1, s2)]
    assert frechet(turn @ m1, turned[0], turn @ m2, turned[1]) == pytest.approx(expected, abs=1e-9)


@given(seed=st.integers(0, 2**31), size=st.integers(1, 8))
def test_symmetric_and_zero_on_itself(seed, size):
    draws = np.random.default_rng(seed)
    m1, m2 = draws.normal(size=(2, size))
    c1, c2 = covariance(draws, size), covariance(draws, size)
    assert frechet(m1, c1, m2, c2) == pytest.approx(frechet(m2, c2, m1, c1))
    assert frechet(m1, c1, m1, c1) == pytest.approx(0, abs=1e-9)
    assert frechet(m1, c1, m2, c1) == pytest.approx(((m1 - m2) ** 2).sum())


@settings(max_examples=25)
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


@given(seed=st.integers(0, 2**31), cuts=st.lists(st.integers(0, 40), max_size=4))
def test_moments_in_pieces_are_those_of_the_whole(seed, cuts):
    features = np.random.default_rng(seed).normal(1e6, 1, (40, 3))  # far from 0: sums would cancel
    moments = Moments()
    for piece in np.split(features, sorted(cuts)):
        moments.add(piece)
    assert moments.count == 40
    np.testing.assert_allclose(moments.mean, features.mean(0), rtol=1e-12)
    np.testing.assert_allclose(moments.covariance, np.cov(features.T), atol=1e-8)


def test_half_precision_features_are_added_up_in_full():
    features = np.full((4096, 1), 0.1, np.float16)
    moments = Moments()
    moments.add(features)
    assert moments.mean[0] == pytest.approx(float(features[0, 0]), rel=1e-12)
    assert moments.covariance[0, 0] == pytest.approx(0, abs=1e-20)


def test_what_does_not_fit_is_refused():
    moments = Moments()
    with pytest.raises(UsageError):
        _ = moments.covariance
    moments.add(np.ones((1, 3)))
    with pytest.raises(UsageError):
        _ = moments.covariance
    with pytest.raises(UsageError):
        moments.add(np.ones((2, 4)))
    with pytest.raises(UsageError):
        moments.add(np.full((1, 3), np.nan))
    with pytest.raises(UsageError):
        frechet(np.zeros(3), np.eye(3), np.zeros(4), np.eye(4))


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (54, "54 pictures are too few"),
        (2048, "2,048 pictures are too few"),
        (2049, "2,049 pictures make FID too high"),
        (9999, "9,999 pictures"),
        (10_000, ""),
    ],
)
def test_small_sets_are_told_of(count, words):
    assert fid_warning(count).startswith(words) and bool(fid_warning(count)) == bool(words)
    assert fid_warning(54, dimensions=10).startswith("54 pictures make")
