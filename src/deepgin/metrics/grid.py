"""How strongly a filling shows a grid: the phases of sub-sampled pictures that disagree."""

from collections.abc import Iterator

import numpy as np

from ..errors import UsageError
from .pixels import check_shapes

Window = tuple[slice, slice]
_APART = (2, 3, 4)
"""Cells along each axis between two places of a pair."""


def grid(picture: np.ndarray, truth: np.ndarray, hole: np.ndarray, step: int) -> float | None:
    """Return the strength of a grid of `step` pixels inside the hole, in grey levels.

    About A where something that repeats every `step` x `step` pixels, of zero mean and root mean
    square A, was added to a smooth filling; about 0 for smooth fillings and for texture.

    The picture is cut into cells of step x step pixels from its top left corner; phase p is the
    picture of every cell's p-th pixel ([P] section 6.1). At the last pixel of a cell, v_p is phase
    p's value there, interpolated bilinearly from 2 x 2 cells, which all lie in the hole, and d_p is
    v_p less the mean of all phases. Where the picture is linear, every d_p is 0. The sum of d_p^2
    over the phases is, by Parseval, step^2 times the energy at all frequencies (k/step, l/step)
    but (0, 0), demodulated under a triangular window of 2 step - 1 pixels.

    The score is the root of the mean of d_p(x) d_p(y) over phases, channels and all pairs of places
    x, y in the hole that are 2, 3 or 4 cells apart along each axis; 0 if that mean is negative.
    Pairs, not squares, since texture and edges do not repeat from place to place: they raise the
    mean about as often as they lower it. Nothing else is subtracted.

        >>> truth = np.full((32, 32, 3), 100, np.uint8)
        >>> picture = truth.copy()
        >>> picture[::2, ::2] += 4  # phases at 3, -1, -1, -1 about their mean
        >>> hole = np.ones((32, 32), bool)
        >>> round(grid(picture, truth, hole, 2), 4), grid(truth, truth, hole, 2)
        (1.7321, 0.0)

    A grid whose sign changes every n cells at random scores lower: about 0.9 A for n = 32, 0.8 A
    for 16, 0.6 A for 8. A grid of another step counts with up to about a third of its strength.

    Args:
        picture: the completed one, uint8, H x W x 3.
        truth: of the same shape; only its shape is used.
        hole: H x W, true or not 0 where missing.
        step: of the grid, 2 or more.

    Returns:
        None where the hole has no room for one pair of places.

    Raises:
        UsageError: the shapes do not go together, or another step.
    """
    check_shapes(picture, truth, hole)
    if step < 2:
        raise UsageError(f"a grid repeats every 2 pixels or more, not {step}")
    rows, columns = _around(hole.astype(bool), step)
    places = _places(hole[rows, columns].astype(bool), step)
    if not places.any():
        return None
    differences = _differences(picture[rows, columns], step)
    total, count = 0.0, 0
    for one, other in _pairs(*places.shape):
        both = places[one] & places[other]
        products = np.einsum("ijk,ijk->ij", differences[one], differences[other])
        total += float(products[both].sum(dtype=np.float64))
        count += int(both.sum())
    if not count:
        return None
    return float(max(0.0, total / (count * differences.shape[2])) ** 0.5)


def _around(hole: np.ndarray, step: int) -> tuple[slice, slice]:
    """Return rows and columns of the whole cells about the hole."""
    parts = []
    for axis in (0, 1):
        used = np.flatnonzero(hole.any(1 - axis))
        start, stop = (used[0], used[-1] + 1) if len(used) else (0, 0)
        end = min(-(-stop // step), hole.shape[axis] // step) * step
        parts.append(slice(start // step * step, end))
    return parts[0], parts[1]


def _places(hole: np.ndarray, step: int) -> np.ndarray:
    """Return where 2 x 2 cells lie in the hole, (h - 1) x (w - 1) for h x w cells."""
    h, w = hole.shape[0] // step, hole.shape[1] // step
    whole = np.asarray(hole.reshape(h, step, w, step).all((1, 3)))
    places: np.ndarray = whole[:-1, :-1] & whole[:-1, 1:] & whole[1:, :-1] & whole[1:, 1:]
    return places


def _differences(picture: np.ndarray, step: int) -> np.ndarray:
    """Return d_p of the docstring, (h - 1) x (w - 1) x (phases and channels)."""
    h, w, channels = picture.shape[0] // step, picture.shape[1] // step, picture.shape[2]
    cells = picture.reshape(h, step, w, step, channels).astype(np.float32)
    near = np.arange(1, step + 1, dtype=np.float32) / step  # the weight of a place's own cell
    down = near.reshape(-1, 1, 1, 1)
    values = down * cells[:-1] + (1 - down) * cells[1:]
    right = near.reshape(-1, 1)
    values = right * values[:, :, :-1] + (1 - right) * values[:, :, 1:]
    values -= values.mean((1, 3), keepdims=True)
    ordered = values.transpose(0, 2, 1, 3, 4)
    return ordered.reshape(*ordered.shape[:2], -1)


def _pairs(h: int, w: int) -> Iterator[tuple[Window, Window]]:
    """Give each shift as the places it takes and those it takes them to."""
    for down in _APART:
        for right in (r * sign for r in _APART for sign in (1, -1)):
            if down < h and abs(right) < w:
                left, over = max(0, -right), max(0, right)
                yield (
                    (slice(0, h - down), slice(left, w - over)),
                    (slice(down, h), slice(left + right, w - over + right)),
                )
