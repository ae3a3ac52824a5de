"""Metrics of the pixels of 8-bit pictures: PSNR, SSIM, absolute errors, the Laplacian share."""

import math

import numpy as np

from ..errors import UsageError

_SIGMA, _RADIUS = 1.5, 5
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
_LEAST = 1e-3  # grey levels: a truth that is flatter counts as this


def check_shapes(picture: np.ndarray, truth: np.ndarray, hole: np.ndarray) -> None:
    """Raise UsageError unless both are H x W x 3 of one size and the hole is H x W."""
    if picture.shape != truth.shape or hole.shape != truth.shape[:2] or truth.ndim != 3:
        raise UsageError(
            f"a metric compares one shape: {picture.shape}, {truth.shape}, hole {hole.shape}"
        )


def psnr(picture: np.ndarray, truth: np.ndarray) -> float:
    """Return 10 log10(255^2 / mean squared error) over all pixels and channels, in dB.

        >>> black, grey = np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 51, np.uint8)
        >>> round(psnr(grey, black), 4)  # 10 log10(5^2)
        13.9794

    Args:
        picture, truth: uint8 arrays of one shape; equal ones give infinity.

    Raises:
        UsageError: the shapes differ.
    """
    if picture.shape != truth.shape:
        raise UsageError(f"PSNR compares one shape: {picture.shape} is not {truth.shape}")
    error = np.mean((picture.astype(np.float64) - truth.astype(np.float64)) ** 2)
    return math.inf if error == 0 else float(10 * math.log10(255**2 / error))


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


def l1(picture: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
    """Return the mean of |picture - truth| / 255 over all pixels and channels, in [0, 1].

    The paper does not define its "L1 %", and no reading of it fits its PSNR: neither this nor
    the three functions below are that column.

        >>> truth = np.full((2, 2, 3), 100, np.uint8)
        >>> picture = truth.copy()
        >>> picture[0, 0] = 151  # 51 grey levels away, a fifth of 255
        >>> mask = np.array([[True, True], [False, False]])
        >>> l1(picture, truth, mask), l1_hole(picture, truth, mask)
        (0.05, 0.1)
        >>> l1_relative(picture, truth, mask), l1_relative_hole(picture, truth, mask)
        (0.1275, 0.255)

    Args:
        picture, truth: uint8, H x W x 3.
        mask: H x W, nonzero where missing; not used here.

    Raises:
        UsageError: the shapes do not match.
    """
    error, _ = _sums(picture, truth, mask)
    return error / (255 * truth.size) if truth.size else 0.0


def l1_hole(picture: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
    """Return the mean of |picture - truth| / 255 over the hole alone; 0 without one. See `l1`."""
    hole = mask.astype(bool)
    error, _ = _sums(picture, truth, mask, hole)
    samples = truth[hole].size
    return error / (255 * samples) if samples else 0.0


def l1_relative(picture: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
    """Return sum |picture - truth| / sum truth, over the whole picture; see `l1`.

    It is 0 at equality and has no upper bound. If the truth is all black it is 0 for a black
    picture, else infinity.
    """
    return _ratio(*_sums(picture, truth, mask))


def l1_relative_hole(picture: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
    """Return `l1_relative` over the pixels of the hole; 0 without a hole."""
    return _ratio(*_sums(picture, truth, mask, mask.astype(bool)))


def _sums(
    picture: np.ndarray, truth: np.ndarray, mask: np.ndarray, where: np.ndarray | None = None
) -> tuple[float, float]:
    """Return the sums of |picture - truth| and of the truth, of all or of some pixels."""
    check_shapes(picture, truth, mask)
    ours, theirs = (picture, truth) if where is None else (picture[where], truth[where])
    # 16 bits hold every difference; the sums are exact integers.
    error = np.abs(ours.astype(np.int16) - theirs.astype(np.int16))
    return float(error.sum(dtype=np.int64)), float(theirs.sum(dtype=np.int64))


def _ratio(error: float, whole: float) -> float:
    if whole == 0:
        return math.inf if error else 0.0
    return error / whole


def laplacian(picture: np.ndarray, truth: np.ndarray, hole: np.ndarray) -> float | None:
    """Return rms(L(picture)) / rms(L(truth)), both inside the hole; 1 is right.

    Below 1 the filling is blurred, above 1 it is noisy or has seams within. L(x) is the sum of the
    four neighbours less four times the pixel, of the mean of the channels in grey levels; at the
    edge of the picture the edge pixel is repeated. It is taken where a pixel and its four neighbours
    all lie in the hole, so that valid pixels do not count; in a hole too thin for that, at all of
    its pixels. That of the truth is at least 0.001. Positions are not compared: noise of the right
    strength scores 1.

        >>> truth = np.zeros((5, 5, 3), np.uint8)
        >>> truth[2, 2] = 10
        >>> filled = np.zeros((5, 5, 3), np.uint8)
        >>> filled[2, 2] = 4
        >>> hole = np.zeros((5, 5), bool)
        >>> hole[1:4, 1:4] = True  # its inside is the middle pixel: 16 against 40
        >>> round(laplacian(filled, truth, hole), 6)
        0.4

    Args:
        picture: the completed one, uint8, H x W x 3.
        truth: of the same shape.
        hole: H x W, true or not 0 where missing.

    Returns:
        0 or more; None without a hole.

    Raises:
        UsageError: the shapes do not go together.
    """
    check_shapes(picture, truth, hole)
    # Here, since a training run without validation needs no SciPy.
    from scipy.ndimage import binary_erosion

    missing = hole.astype(bool)
    rows, columns = np.flatnonzero(missing.any(1)), np.flatnonzero(missing.any(0))
    if not len(rows):
        return None
    near = tuple(slice(max(0, int(used[0]) - 1), int(used[-1]) + 2) for used in (rows, columns))
    inside = binary_erosion(missing[near])
    inside = inside if inside.any() else missing[near]
    ours, theirs = (_strength(x[near], inside) for x in (picture, truth))
    return ours / max(theirs, _LEAST)


def _strength(picture: np.ndarray, inside: np.ndarray) -> float:
    """Return the root mean square of the Laplacian at some pixels, in grey levels."""
    from scipy.ndimage import laplace

    detail = laplace(picture.astype(np.float32).mean(-1))[inside]
    return float(np.sqrt(np.mean(np.square(detail, dtype=np.float64))))
