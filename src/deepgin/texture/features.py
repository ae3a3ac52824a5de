"""Features of patches: a few numbers whose squared distance is that of two patches.

A patch is compared by the lowest coefficients of its cosine transform, in which nearly all of a
photograph's energy lies, and by the guide's blurred colour and slope ("Image Analogies", Hertzmann
et al. 2001, compare a guide beside the texture; Lefebvre and Hoppe 2005 compare reduced patches).
"""

from collections.abc import Sequence
from concurrent.futures import Executor

import numpy as np
from scipy import ndimage  # type: ignore[import-untyped]

_LUMA = ((0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1), (0, 3), (3, 0))
_CHROMA = ((0, 0), (0, 1), (1, 0))
# Edges count more than flat parts: as if 0.7 x central differences of the grey were compared too.
_EDGES = 4 * 0.7**2 / 3
# Orthonormal: brightness first.
_AXES = np.array([[1, 1, 1], [1, 0, -1], [1, -2, 1]], np.float32)
_AXES /= np.sqrt((_AXES**2).sum(1, keepdims=True)).astype(np.float32)


def blurred(plane: np.ndarray, sigma: float) -> np.ndarray:
    """Return the Gaussian mean of a plane: float32, H x W."""
    return ndimage.gaussian_filter(plane.astype(np.float32, copy=False), sigma, truncate=3.0)


def blurred_within(
    planes: Sequence[np.ndarray], where: np.ndarray, sigma: float, pool: Executor
) -> list[np.ndarray]:
    """Return the Gaussian means of planes over the pixels `where` alone: float32, H x W each."""
    weight = where.astype(np.float32)
    whole = np.maximum(blurred(weight, sigma), np.float32(1e-4))
    return [*pool.map(lambda plane: blurred(plane * weight, sigma) / whole, planes)]


def opponent(picture: np.ndarray) -> list[np.ndarray]:
    """Return brightness and two colour differences, float32, H x W each, of H x W x 3."""
    r, g, b = picture[..., 0], picture[..., 1], picture[..., 2]
    return [a[0] * r + a[1] * g + a[2] * b for a in _AXES]


def patches(planes: list[np.ndarray], radius: int, pool: Executor) -> list[np.ndarray]:
    """Return features of the patch round every pixel, 2 radius + 1 a side: float32, H x W each.

    The squared distance of two pixels' features is about the mean over their patches of the
    squared distance of colours, with some more for edges. `planes` are from `opponent`.
    """
    size = 2 * radius + 1
    at = (2 * np.arange(size) + 1) * np.pi / (2 * size)
    basis = np.cos(np.arange(size)[:, None] * at)
    basis /= np.sqrt((basis**2).sum(1, keepdims=True))
    basis = basis / np.sqrt(size)

    def along(job: tuple[np.ndarray, int, list[int]]) -> list[np.ndarray]:
        plane, u, of_row = job
        rows = ndimage.correlate1d(plane, basis[u], 0, mode="nearest")
        features = []
        for v in of_row:
            edges = np.sin(np.pi * u / size) ** 2 + np.sin(np.pi * v / size) ** 2
            weight = np.sqrt(1 + _EDGES * edges)
            features.append(ndimage.correlate1d(rows, basis[v] * weight, 1, mode="nearest"))
        return features

    jobs = [
        (plane, u, [v for w, v in coefficients if w == u])
        for plane, coefficients in zip(planes, (_LUMA, _CHROMA, _CHROMA), strict=True)
        for u in sorted({u for u, _ in coefficients})
    ]
    return [feature for features in pool.map(along, jobs) for feature in features]


def guides(planes: list[np.ndarray], radius: int) -> list[np.ndarray]:
    """Return features of the guide round every pixel: float32, H x W each.

    The squared distance is about the mean of the squared distance of colours over 3 x 3 points
    `radius` apart, where the guide is smooth. `planes` are from `opponent`, of a blurred picture.
    """
    sixth = np.float32(6**-0.5)
    padded = np.pad(planes[0], radius, mode="edge")
    down = (padded[2 * radius :] - padded[: -2 * radius])[:, radius:-radius]
    right = (padded[:, 2 * radius :] - padded[:, : -2 * radius])[radius:-radius]
    return [*planes, sixth * down, sixth * right]
