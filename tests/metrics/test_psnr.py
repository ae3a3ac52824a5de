"""PSNR against numbers worked out by hand, and scikit-image."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.metrics import peak_signal_noise_ratio

from deepgin.errors import UsageError
from deepgin.metrics import psnr


def picture(*values):
    return np.array(values, np.uint8).reshape(1, -1, 3)


def test_by_hand():
    # Errors 3, 0, 4, 0, 0, 12: mean square (9 + 16 + 144) / 6 = 169 / 6.
    found = psnr(picture(13, 20, 30, 0, 0, 12), picture(10, 20, 34, 0, 0, 0))
    assert found == pytest.approx(20 * math.log10(255 / (13 / math.sqrt(6))))
    assert found == pytest.approx(33.6334, abs=1e-3)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**31), noise=st.integers(1, 255))
def test_agrees_with_scikit_image(seed, noise):
    draws = np.random.default_rng(seed)
    truth = draws.integers(0, 256, (9, 12, 3))
    other = (truth + draws.integers(1, noise + 1, truth.shape)).clip(0, 255).astype(np.uint8)
    truth = truth.astype(np.uint8)
    assert psnr(other, truth) == pytest.approx(peak_signal_noise_ratio(truth, other), abs=1e-9)


def test_all_wrong_is_zero():
    assert psnr(picture(0, 255, 0), picture(255, 0, 255)) == 0


def test_one_level_everywhere():
    assert psnr(picture(7, 8, 9), picture(8, 9, 10)) == pytest.approx(48.1308, abs=1e-4)


def test_equal_is_infinite():
    assert psnr(picture(1, 2, 3), picture(1, 2, 3)) == math.inf


def test_symmetric(photo):
    one, two = photo(5, 6), photo(5, 6, seed=1)
    assert psnr(one, two) == psnr(two, one)


def test_whole_picture_counts(photo):
    truth = np.zeros((10, 10, 3), np.uint8)
    part = truth.copy()
    part[:5, :5] = 40  # a quarter of the pixels
    whole = np.full_like(truth, 40)
    assert psnr(part, truth) - psnr(whole, truth) == pytest.approx(10 * math.log10(4))


def test_other_shapes_are_refused():
    with pytest.raises(UsageError):
        psnr(picture(1, 2, 3), picture(1, 2, 3, 4, 5, 6))
