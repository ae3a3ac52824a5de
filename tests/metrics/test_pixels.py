"""PSNR, SSIM, absolute errors and Laplacian share against numbers by hand and scikit-image."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from deepgin.errors import UsageError
from deepgin.metrics import l1, l1_hole, l1_relative, l1_relative_hole, laplacian, psnr, ssim


def picture(*values):
    return np.array(values, np.uint8).reshape(1, -1, 3)


def noise(seed, shape=(24, 20, 3)):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def hole(top, left, bottom, right, shape=(24, 20)):
    where = np.zeros(shape, bool)
    where[top:bottom, left:right] = True
    return where


def test_psnr_by_hand():
    # Errors 3, 0, 4, 0, 0, 12: mean square (9 + 16 + 144) / 6 = 169 / 6.
    value = psnr(picture(13, 20, 30, 0, 0, 12), picture(10, 20, 34, 0, 0, 0))
    assert value == pytest.approx(20 * math.log10(255 / (13 / math.sqrt(6))))
    assert psnr(picture(0, 255, 0), picture(255, 0, 255)) == 0
    assert psnr(picture(7, 8, 9), picture(8, 9, 10)) == pytest.approx(48.1308, abs=1e-4)
    assert psnr(picture(1, 2, 3), picture(1, 2, 3)) == math.inf


@settings(max_examples=20)
@given(
    seed=st.integers(0, 2**31),
    height=st.integers(11, 40),
    width=st.integers(11, 40),
    smoothness=st.floats(0, 4),
    strength=st.integers(1, 80),
)
def test_psnr_and_ssim_agree_with_scikit_image(seed, height, width, smoothness, strength):
    draws = np.random.default_rng(seed)
    truth = draws.integers(0, 256, (height, width, 3)).astype(np.float64)
    truth = gaussian_filter(truth, (smoothness, smoothness, 0))
    other = truth + draws.integers(-strength, strength + 1, truth.shape)
    truth, other = truth.astype(np.uint8), other.clip(0, 255).astype(np.uint8)
    assert psnr(other, truth) == pytest.approx(peak_signal_noise_ratio(truth, other), abs=1e-9)
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    expected = structural_similarity(other, truth, **options, data_range=255, channel_axis=-1)
    assert ssim(other, truth) == pytest.approx(expected, abs=1e-6)


def test_ssim_of_flat_and_of_equal_pictures(photo):
    # No structure in either: (2 x y + c1) / (x^2 + y^2 + c1)
    x, y, c1 = 100, 150, 2.55**2
    value = ssim(np.full((12, 12, 3), x, np.uint8), np.full((12, 12, 3), y, np.uint8))
    assert value == pytest.approx((2 * x * y + c1) / (x * x + y * y + c1))
    assert ssim(photo(20, 15), photo(20, 15)) == pytest.approx(1)


def test_absolute_errors_by_hand():
    truth = np.array([[[100, 50, 0], [20, 20, 10]]], np.uint8)
    other = np.array([[[90, 55, 0], [20, 50, 10]]], np.uint8)
    # Errors 10, 5, 0 and 0, 30, 0; the truth's sums are 150 and 50.
    for mask in (np.array([[False, True]]), np.array([[0, 255]], np.uint8)):
        assert l1(other, truth, mask) == pytest.approx(45 / 6 / 255)
        assert l1_hole(other, truth, mask) == pytest.approx(30 / 3 / 255)
        assert l1_relative(other, truth, mask) == pytest.approx(45 / 200)
        assert l1_relative_hole(other, truth, mask) == pytest.approx(30 / 50)
    assert l1_hole(other, truth, np.zeros((1, 2), bool)) == 0


def test_absolute_errors_relative_to_black():
    black, mask = np.zeros((2, 2, 3), np.uint8), np.eye(2, dtype=bool)
    assert l1_relative(black, black, mask) == l1_relative_hole(black, black, mask) == 0
    corner = black.copy()
    corner[0, 1] = 1  # not in the hole
    assert l1_relative(corner, black, mask) == math.inf
    assert l1_relative_hole(corner, black, mask) == 0
    assert l1_relative(black, corner, mask) == 1


def test_laplacian_by_hand():
    truth, other = np.zeros((3, 4, 3), np.uint8), np.zeros((3, 4, 3), np.uint8)
    truth[1, 1], other[1, 1], other[1, 2] = (3, 6, 9), 30, (0, 0, 3)
    # Inside: (1, 1) and (1, 2). Truth: -4 * 6, 6. Picture: 1 - 4 * 30, 30 - 4 * 1.
    expected = np.sqrt((119**2 + 26**2) / 2) / np.sqrt((24**2 + 6**2) / 2)
    assert laplacian(other, truth, np.ones((3, 4), bool)) == pytest.approx(expected)
    # A thin hole counts whole; at the corner three of the neighbours are the pixel itself.
    truth, other = np.zeros((1, 3, 3), np.uint8), np.zeros((1, 3, 3), np.uint8)
    truth[0, 0], other[0, 0] = 8, 2
    assert laplacian(other, truth, np.array([[True, False, False]])) == pytest.approx(2 / 8)


def test_laplacian_of_a_flat_truth_counts_as_a_thousandth():
    truth, other = np.full((5, 5, 3), 9, np.uint8), np.full((5, 5, 3), 9, np.uint8)
    other[2, 2] = 10
    assert laplacian(other, truth, hole(1, 1, 4, 4, (5, 5))) == pytest.approx(4000)
    assert laplacian(truth, truth, hole(1, 1, 4, 4, (5, 5))) == 0
    assert laplacian(noise(0), noise(1), np.zeros((24, 20), bool)) is None


@settings(max_examples=20)
@given(st.integers(0, 99), st.integers(0, 16), st.integers(0, 14))
def test_laplacian_of_the_hole_alone(seed, top, left):
    where = hole(top, left, top + 6, left + 6)
    truth, other = noise(seed), noise(seed + 1)
    usual = laplacian(other, truth, where)
    elsewhere = np.where(where[..., None], other, noise(seed + 2))
    others = np.where(where[..., None], truth, noise(seed + 3))
    assert laplacian(elsewhere, others, where) == usual
    assert laplacian(other, truth, where.astype(np.uint8) * 255) == usual
    assert laplacian(truth, truth, where) == 1


@pytest.mark.parametrize("metric", [l1, l1_hole, l1_relative, l1_relative_hole, laplacian])
def test_other_shapes_are_refused(metric, photo):
    with pytest.raises(UsageError):
        metric(photo(5, 6), photo(6, 5), np.ones((5, 6)))
    with pytest.raises(UsageError):
        metric(photo(5, 6), photo(5, 6), np.ones((6, 5)))


def test_psnr_and_ssim_refuse_other_shapes(photo):
    for metric in (psnr, ssim):
        with pytest.raises(UsageError):
            metric(photo(20, 15), photo(15, 20))
    with pytest.raises(UsageError):
        ssim(photo(10, 15), photo(10, 15))
