"""Features of patches: a few numbers whose squared distance is that of two patches.

A patch is compared by the lowest coefficients of its cosine transform, in which nearly all of a
photograph's energy lies, and by the guide's blurred colour and slope ("Image Analogies", Hertzmann
et al. 2001, compare a guide beside the texture; Lefebvre and Hoppe 2005 compare reduced patches).
"""

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


def opponent(picture: np.ndarray) -> list[np.ndarray]:
    """Return brightness and two colour differences, float32, H x W each, of H x W x 3."""
    r, g, b = picture[..., 0], picture[..., 1], picture[..., 2]
    return [a[0] * r + a[1] * g + a[2] * b for a in _AXES]


def patches(planes: list[np.ndarray], radius: int, pool: Executor) -> list[np.ndarray]:
    """Return features of the patch round every pixel: float32, H x W each.

    The squared distance of two pixels' features is about the mean over their patches of the
    squared distance of colours, with some more for edges.

    Args:
        planes: from `opponent`.
        radius: the patch has 2 radius + 1 pixels a side.
        pool: computes several at once.
    """
    basis = _cosines(radius)
    jobs = []
    for plane, wanted in zip(planes, (_LUMA, _CHROMA, _CHROMA), strict=True):
        for u in sorted({u for u, _ in wanted}):
            jobs.append((plane, basis, u, [v for w, v in wanted if w == u]))
    return [found for several in pool.map(lambda job: _along(*job), jobs) for found in several]


def _cosines(radius: int) -> np.ndarray:
    size = 2 * radius + 1
    at = (2 * np.arange(size) + 1) * np.pi / (2 * size)
    basis = np.cos(np.arange(size)[:, None] * at)
    basis /= np.sqrt((basis**2).sum(1, keepdims=True))
    return basis / np.sqrt(size)


def _along(plane: np.ndarray, basis: np.ndarray, u: int, wanted: list[int]) -> list[np.ndarray]:
    size = len(basis)
    rows = ndimage.correlate1d(plane, basis[u], 0, mode="nearest")
    found = []
    for v in wanted:
        edges = np.sin(np.pi * u / size) ** 2 + np.sin(np.pi * v / size) ** 2
        weight = np.sqrt(1 + _EDGES * edges)
        found.append(ndimage.correlate1d(rows, basis[v] * weight, 1, mode="nearest"))
    return found


def guides(planes: list[np.ndarray], radius: int) -> list[np.ndarray]:
    """Return features of the guide round every pixel: float32, H x W each.

    The squared distance is about the mean of the squared distance of colours over 3 x 3 points
    `radius` apart, where the guide is smooth.

    Args:
        planes: from `opponent`, of a blurred picture.
        radius: of the patch.
    """
    sixth = np.float32(6**-0.5)
    padded = np.pad(planes[0], radius, mode="edge")
    down = (padded[2 * radius :] - padded[: -2 * radius])[:, radius:-radius]
    right = (padded[:, 2 * radius :] - padded[:, : -2 * radius])[radius:-radius]
    return [*planes, sixth * down, sixth * right]
