"""The paper's way with large pictures: sub-sampled without filtering, each part filled alone."""

import numpy as np

from ..batches import Patch
from .base import CHUNK, Completed, OnExpected, Scene, Work, ignore
from .direct import MOST_PIXELS


class Polyphase:
    """Pictures of every s-th pixel, each completed once, interleaved again ([P] section 6.1).

    s is such that their shorter side is about what the network was trained at. Any size is made
    to fit by mirroring at the edges, never by warping. The phases do not know of each other, and
    where they disagree the filling shows a grid of s pixels (the option degrid softens it).
    """

    name = "polyphase"

    def work(self, scene: Scene, expect: OnExpected = ignore) -> Work:
        """See `Fit.work`."""
        height, width = scene.hidden.shape
        s = phases(height, width, scene.trained_at)
        whole = scene.patch(s * scene.size_multiple)
        masks = divide(whole.mask, s)
        # Each phase is filled in its place: none needs another.
        completed = divide(whole.picture, s)
        guides = None if whole.guidance is None else divide(whole.guidance, s)
        missing = [i for i in range(s * s) if masks[i].any()]
        expect(len(missing))
        for start in range(0, len(missing), CHUNK):
            chunk = missing[start : start + CHUNK]
            fillings = yield [
                Patch(completed[i], masks[i], None if guides is None else guides[i]) for i in chunk
            ]
            for i, filling in zip(chunk, fillings, strict=True):
                completed[i] = filling
        return Completed(
            interleave(completed, s)[:height, :width],
            f"{self.name} ({s} x {s} phases of {masks.shape[2]} x {masks.shape[1]})",
        )


def phases(height: int, width: int, trained_at: int) -> int:
    """Return by how much to sub-sample each side."""
    by_side = round(min(height, width) / trained_at)
    # A very long picture would otherwise have phases that are too large.
    by_area = int(np.ceil((height * width / MOST_PIXELS) ** 0.5))
    return max(1, by_side, by_area)


def divide(array: np.ndarray, s: int) -> np.ndarray:
    """Return the s * s phases of H x W (x C): s * s x H/s x W/s (x C); sides multiples of s.

    Phase i * s + j holds rows i, i + s, ... and columns j, j + s, ...
    """
    height, width = array.shape[0] // s, array.shape[1] // s
    parts = array.reshape(height, s, width, s, *array.shape[2:])
    return np.moveaxis(parts, (1, 3), (0, 1)).reshape(s * s, height, width, *array.shape[2:])


def interleave(parts: np.ndarray, s: int) -> np.ndarray:
    """Undo `divide`."""
    height, width = parts.shape[1:3]
    whole = np.moveaxis(parts.reshape(s, s, *parts.shape[1:]), (0, 1), (1, 3))
    return whole.reshape(height * s, width * s, *parts.shape[3:])
