"""The Laplacian share: how much fine detail a filling has, against the truth's. Of 8-bit pictures."""

import numpy as np

from ..errors import UsageError

_LEAST = 1e-3  # grey levels: a truth that is flatter counts as this


def laplacian(picture: np.ndarray, truth: np.ndarray, hole: np.ndarray) -> float | None:
    """Return rms(L(picture)) / rms(L(truth)), both inside the hole; 1 is right.

    Below 1 the filling is blurred, above 1 it is noisy or has seams within. L(x) is the sum of the
    four neighbours less four times the pixel, of the mean of the channels in grey levels; at the
    picture's edge it takes the edge pixel again. It is looked at where the pixel and its four
    neighbours all lie in the hole and in the picture, so that valid pixels have no say; in a hole
    too thin for that, at all of its pixels. The truth's is taken as 0.001 at least. Where it lies
    is not compared: noise of the right strength scores 1.

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
    if picture.shape != truth.shape or hole.shape != truth.shape[:2] or truth.ndim != 3:
        raise UsageError(
            f"Laplacians compare one shape: {picture.shape}, {truth.shape}, hole {hole.shape}"
        )
    # Here, since a training run without validation needs no SciPy.
    from scipy.ndimage import binary_erosion  # type: ignore[import-untyped]

    missing = hole.astype(bool)
    rows, columns = np.flatnonzero(missing.any(1)), np.flatnonzero(missing.any(0))
    if not len(rows):
        return None
    near = tuple(slice(max(0, int(used[0]) - 1), int(used[-1]) + 2) for used in (rows, columns))
    inside = binary_erosion(missing[near])
    inside = inside if inside.any() else missing[near]
    found, wanted = (_strength(x[near], inside) for x in (picture, truth))
    return found / max(wanted, _LEAST)


def _strength(picture: np.ndarray, inside: np.ndarray) -> float:
    """Return the root mean square of the Laplacian at some pixels, in grey levels."""
    from scipy.ndimage import laplace

    detail = laplace(picture.astype(np.float32).mean(-1))[inside]
    return float(np.sqrt(np.mean(np.square(detail, dtype=np.float64))))
