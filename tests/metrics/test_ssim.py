"""SSIM against scikit-image, and a case worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter
from skimage.metrics import structural_similarity

from deepgin.errors import UsageError
from deepgin.metrics import ssim


def reference(picture: np.ndarray, truth: np.ndarray) -> float:
    return structural_similarity(
        picture,
        truth,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=255,
        channel_axis=-1,
    )


@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**31),
    height=st.integers(11, 40),
    width=st.integers(11, 40),
    smoothness=st.floats(0, 4),
    noise=st.integers(0, 80),
)
def test_agrees_with_scikit_image(seed, height, width, smoothness, noise):
    draws = np.random.default_rng(seed)
    truth = draws.integers(0, 256, (height, width, 3)).astype(np.float64)
    truth = gaussian_filter(truth, (smoothness, smoothness, 0))
    picture = truth + draws.integers(-noise, noise + 1, truth.shape)
    truth, picture = truth.astype(np.uint8), picture.clip(0, 255).astype(np.uint8)
    assert ssim(picture, truth) == pytest.approx(reference(picture, truth), abs=1e-6)


def test_flat_pictures_by_hand():
    # No structure in either: (2 x y + c1) / (x^2 + y^2 + c1)
    x, y, c1 = 100, 150, 2.55**2
    found = ssim(np.full((12, 12, 3), x, np.uint8), np.full((12, 12, 3), y, np.uint8))
    assert found == pytest.approx((2 * x * y + c1) / (x * x + y * y + c1))


def test_equal_is_one_and_order_does_not_matter(photo):
    one, two = photo(20, 15), photo(20, 15, seed=1)
    assert ssim(one, one) == pytest.approx(1)
    assert ssim(one, two) == pytest.approx(ssim(two, one))
    assert ssim(one, two) < 0.2


def test_what_cannot_be_compared_is_refused(photo):
    with pytest.raises(UsageError):
        ssim(photo(20, 15), photo(15, 20))
    with pytest.raises(UsageError):
        ssim(photo(10, 15), photo(10, 15))
