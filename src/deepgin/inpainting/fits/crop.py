"""Crops at the network's size round each group of holes, from coarse to fine where they are deep."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage  # type: ignore[import-untyped]

from ..batches import Patch
from .base import CHUNK, Completed, OnExpected, Scene, Work, ignore
from .boxes import Box, boxes_of, view_of
from .resize import enlarged, fill_whole, seen_whole, shrunk

_RAMP = 32  # pixels by which a crop's filling reaches beyond its own box, to be blended there


class Crop:
    """Crops of the network's own size, each with context at least as wide as its hole.

    A hole takes at most half of a crop. What lies deeper in a hole than a quarter of a crop has no
    evidence near enough: it is filled first on a picture of half the size, where the same holds,
    and so on. Coming back up, the enlarged filling stays in the depth, and what is nearer to the
    edge is filled anew with that filling as its context on one side and the picture on the other.
    """

    name = "crop"

    def work(self, scene: Scene, expect: OnExpected = ignore) -> Work:
        """See `Fit.work`."""
        levels = _levels(scene)
        crops = sum(1 if level.boxes is None else len(level.boxes) for level in levels)
        expect(crops)
        below: np.ndarray | None = None
        for level in reversed(levels):
            below = yield from _fill_level(level, below)
        assert below is not None
        view = scene.trained_at
        fit = f"{crops} crop{'s' * (crops != 1)} of about {view}"
        if len(levels) > 1:
            fit += f", from 1/{2 ** (len(levels) - 1)} of the size up"
        return Completed(below, f"{self.name} ({fit})")


@dataclass(frozen=True)
class _Level:
    scene: Scene
    deep: np.ndarray  # bool, H x W: parts of the hole that the level above fills better
    boxes: list[Box] | None  # of the crops; None where the scene is filled whole


def _levels(scene: Scene) -> list[_Level]:
    """Return the scene at full size, half, quarter, ... until no hole is deep or all is seen at once."""
    reach, longer = scene.trained_at // 4, max(scene.hidden.shape)
    levels: list[_Level] = []
    while True:
        small = shrunk(scene, max(1, longer >> len(levels)))
        deep = np.zeros_like(small.hole)
        last = seen_whole(small)
        if not last:
            far = ndimage.minimum_filter(small.hidden.view(np.uint8), 2 * reach + 1)
            deep = far.view(np.bool_) & small.hole
        boxes = None if last else boxes_of(small.hole & ~deep, scene.trained_at // 2)
        levels.append(_Level(small, deep, boxes))
        if not deep.any():
            return levels


def _fill_level(
    level: _Level, below: np.ndarray | None
) -> Generator[Sequence[Patch], Sequence[np.ndarray], np.ndarray]:
    scene, hole = level.scene, level.scene.hole & ~level.deep
    size = scene.hidden.shape[::-1]
    if level.boxes is None:
        return (yield from fill_whole(scene))
    if below is None:
        canvas = scene.picture.copy()
    else:
        canvas = np.where(scene.hole[..., None], enlarged(below, size), scene.picture)
    # The filling from below counts as valid where it stays. Each crop sees it as it was, not what
    # its neighbours have filled.
    before = scene.picture if below is None else canvas.copy()
    seen = replace(scene, picture=before, hidden=scene.hidden & ~level.deep)
    painted = np.zeros_like(hole)
    for start in range(0, len(level.boxes), CHUNK):
        chunk = level.boxes[start : start + CHUNK]
        views = [view_of(box, hole.shape, scene.trained_at) for box in chunk]
        fillings = yield [seen.cut(view).patch() for view in views]
        for box, view, filling in zip(chunk, views, fillings, strict=True):
            faded = _faded(filling, seen.picture[view.slices()], level.deep[view.slices()])
            _paste(canvas, painted, hole, box, view, faded)
    return canvas


def _faded(filling: np.ndarray, below: np.ndarray, deep: np.ndarray) -> np.ndarray:
    """Fade a crop's filling into that from below, which stays in the depth: no step between them."""
    if not deep.any():
        return filling
    away = ndimage.distance_transform_cdt(~deep, "chessboard")
    weight = np.minimum(away.astype(np.float32) / (_RAMP + 1), 1)[..., None]
    new = filling[: deep.shape[0], : deep.shape[1]]
    mixed = below + weight * (new.astype(np.float32) - below)
    return (mixed + 0.5).astype(np.uint8)


def _paste(
    canvas: np.ndarray,
    painted: np.ndarray,
    hole: np.ndarray,
    box: Box,
    view: Box,
    filling: np.ndarray,
) -> None:
    """Put a crop's filling in, blended with those of its neighbours where they meet."""
    reach = box.grown(_RAMP, hole.shape).within(view)
    rows, columns = reach.slices()
    local = tuple(reach.moved(-view.top, -view.left).slices())
    where, before = hole[rows, columns], painted[rows, columns]
    top, bottom = box.top - reach.top, box.bottom - reach.top
    left, right = box.left - reach.left, box.right - reach.left
    # Only towards a neighbour: elsewhere a ramp would leave some of what is no neighbour's.
    weight = np.minimum.outer(
        _ramp(reach.height, before[:top].any(), before[bottom:].any()),
        _ramp(reach.width, before[:, :left].any(), before[:, right:].any()),
    )
    weight = np.where(before, weight, np.float32(1)) * where
    old = canvas[rows, columns]
    mixed = old + weight[..., None] * (filling[local].astype(np.float32) - old)
    old[where] = (mixed[where] + 0.5).astype(np.uint8)
    painted[rows, columns] |= where


def _ramp(length: int, first: np.bool_, last: np.bool_) -> np.ndarray:
    """Return weights that rise from each end where there is a neighbour, float32."""
    at = np.arange(length, dtype=np.float32) + 1
    ones = np.ones(length, np.float32)
    width = np.float32(2 * _RAMP)
    return np.minimum(
        np.minimum(ones, at / width if first else ones), at[::-1] / width if last else ones
    )
