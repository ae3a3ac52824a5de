"""Structural similarity of 8-bit pictures."""

import numpy as np

from ..errors import UsageError

_SIGMA, _RADIUS = 1.5, 5
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def ssim(picture: np.ndarray, truth: np.ndarray) -> float:
    """Return the mean structural similarity (Wang et al. 2004): 1 at equality, else less.

    Gaussian window of 11 x 11 and sigma 1.5, K1 = 0.01, K2 = 0.03, range 255; the mean over all
    windows that lie within the picture, then over the channels.

        >>> black, white = np.zeros((11, 11, 3), np.uint8), np.full((11, 11, 3), 255, np.uint8)
        >>> ssim(white, white)
        1.0
        >>> round(ssim(white, black), 6)  # C1 / (255^2 + C1)
        0.0001

    Args:
        picture, truth: uint8, H x W x 3 of one shape, both sides at least 11.

    Raises:
        UsageError: the shapes differ, or a side is shorter than the window.
    """
    if picture.shape != truth.shape or truth.ndim != 3:
        raise UsageError(f"SSIM compares one H x W x 3 shape: {picture.shape}, {truth.shape}")
    if min(truth.shape[:2]) < 2 * _RADIUS + 1:
        raise UsageError(f"SSIM needs sides of at least 11 pixels, not {truth.shape[:2]}")
    x, y = picture.astype(np.float64), truth.astype(np.float64)
    mean_x, mean_y = _blurred(x), _blurred(y)
    variance_x = _blurred(x * x) - mean_x**2
    variance_y = _blurred(y * y) - mean_y**2
    covariance = _blurred(x * y) - mean_x * mean_y
    similarity = (2 * mean_x * mean_y + _C1) * (2 * covariance + _C2)
    similarity /= (mean_x**2 + mean_y**2 + _C1) * (variance_x + variance_y + _C2)
    return float(similarity.mean())


def _blurred(x: np.ndarray) -> np.ndarray:
    """Weigh every whole window of H x W x C: (H - 10) x (W - 10) x C."""
    # Here, since a training run without validation needs no SciPy.
    from scipy.ndimage import gaussian_filter  # type: ignore[import-untyped]

    r = _RADIUS
    return gaussian_filter(x, _SIGMA, radius=r, axes=(0, 1))[r:-r, r:-r]
