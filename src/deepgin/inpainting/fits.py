"""Fits: how a picture of any size is brought to a network that was trained at one size.

A fit takes a scene and the steps, to which it adds its patches. It yields patches, is sent them
completed, and returns the completed scene.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import TypeAlias

import numpy as np
from scipy import ndimage  # type: ignore[import-untyped]

from ..errors import UsageError
from .batches import Steps
from .boxes import Box, boxes_of, view_of
from .scenes import Completed, Patch, Scene, Work, enlarged

Fit: TypeAlias = Callable[[Scene, Steps], Work]

_CHUNK = 32  # patches asked for at once, so that memory does not grow with the picture
# The network's attention takes time by the fourth power of the side, and memory by the second.
MOST_PIXELS = 1100 * 1100
"""Of a picture that `direct` takes."""
# Its attention makes `direct` slower than the pixels say: seen at 600 x 450 and at 1024 x 680, a
# picture takes 1.3 to 2.1 times as long as crops of as many pixels.
_SLOWER = 2
# Seen with the shipped weights on six photos, hole PSNR in dB whole and in crops: at 384 pixels
# large rectangles 16.2 and 16.4, small ones 22.3 and 22.4, strokes 20.3 and 20.3; at 512 strokes
# 20.1 and 20.2, small ones 23.1 and 23.3. Whole is one pass.
_WHOLE = 1.5
_LONGEST = 2
_RAMP = 32  # pixels by which a crop's filling reaches beyond its own box, to be blended there


def auto(scene: Scene, steps: Steps) -> Work:
    """Choose `direct` where it is as good as `crop` and no slower, else `crop`.

    Neither `resize` nor `polyphase` is ever chosen: the one gives blurred fillings beside sharp
    surroundings, the other a grid. What each reaches: benchmarks/fits.py and docs/pictures.md.
    """
    height, width = scene.hidden.shape
    crops = len(boxes_of(scene.hole, scene.trained_at // 2))
    pixels = crops * min(height, scene.trained_at) * min(width, scene.trained_at)
    fit: Fit = crop
    if _seen_whole(scene):
        fit, why = direct, f"is close to the training size ({scene.trained_at})"
    elif height * width > MOST_PIXELS:
        why = "is too large to fill at once"
    elif pixels > _SLOWER * height * width and not scene.fixed:
        fit, why = direct, f"at once takes no longer than {crops} crops"
    else:
        why = f"at once takes longer than {crops} crop{'s' * (crops != 1)}"
    done = yield from fit(scene, steps)
    return Completed(done.picture, f"{done.fit}: {width} x {height} {why}")


def direct(scene: Scene, steps: Steps) -> Work:
    """Take the whole picture at its own size, mirrored at its edges to the network's multiple."""
    height, width = scene.hidden.shape
    if height * width > MOST_PIXELS:
        raise UsageError(
            f"a picture of {width} x {height} pixels is too large for the fit 'direct' "
            f"(at most {MOST_PIXELS / 1e6:.2f} megapixels)",
            field="fit",
            mend="use {fit=auto}, {fit=crop} or {fit=resize}",
        )
    if scene.fixed and max(height, width) > scene.trained_at:
        raise _too_large("direct", scene)
    steps.expect_patches(1)
    (filling,) = yield [scene.patch()]
    return Completed(filling[:height, :width], "direct")


def _too_large(fit: str, scene: Scene) -> UsageError:
    side = scene.trained_at
    return UsageError(
        f"the network takes {side} x {side} pixels alone, which the fit '{fit}' cannot give it",
        field="fit",
        mend="use {fit=auto}, {fit=crop} or {fit=resize}",
    )


def resize(scene: Scene, steps: Steps) -> Work:
    """Shrink the picture so that its longer side is what the network was trained at.

    The filling is enlarged again, bicubic. It is coherent even in the largest hole, and less sharp
    than its surroundings by as much as the picture was shrunk.
    """
    height, width = scene.hidden.shape
    small = scene.shrunk(scene.trained_at)
    steps.expect_patches(1)
    filling = yield from _fill_whole(small)
    fit = f"resize (to {small.hidden.shape[1]} x {small.hidden.shape[0]})"
    return Completed(enlarged(filling, (width, height)), fit)


def polyphase(scene: Scene, steps: Steps) -> Work:
    """Complete pictures of every s-th pixel, and interleave them ([P] section 6.1).

    s is such that their shorter side is about what the network was trained at. Any size is made
    to fit by mirroring at the edges, never by warping. The phases do not know of each other, and
    where they disagree the filling shows a grid of s pixels (the option degrid softens it).
    """
    height, width = scene.hidden.shape
    s = phases(height, width, scene.trained_at)
    if scene.fixed and max(height, width) > s * scene.trained_at:
        raise _too_large("polyphase", scene)
    parts = scene.patch(s * scene.size_multiple).each(lambda array: divide(array, s))
    missing = np.flatnonzero(parts.mask.any((1, 2)))
    steps.expect_patches(len(missing))
    for start in range(0, len(missing), _CHUNK):
        chunk = missing[start : start + _CHUNK]
        # Each phase is filled in its place: none needs another.
        parts.picture[chunk] = yield [parts.each(itemgetter(i)) for i in chunk]
    fit = f"polyphase ({s} x {s} phases of {parts.mask.shape[2]} x {parts.mask.shape[1]})"
    return Completed(interleave(parts.picture, s)[:height, :width], fit)


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


def crop(scene: Scene, steps: Steps) -> Work:
    """Take crops of the network's own size, each with context at least as wide as its hole.

    A hole takes at most half of a crop. What lies deeper in a hole than a quarter of a crop has no
    evidence near enough: it is filled first on a picture of half the size, where the same holds,
    and so on. Coming back up, the enlarged filling stays in the depth, and what is nearer to the
    edge is filled anew with that filling as its context on one side and the picture on the other.
    """
    levels = _levels(scene)
    crops = sum(1 if level.boxes is None else len(level.boxes) for level in levels)
    steps.expect_patches(crops)
    below: np.ndarray | None = None
    for level in reversed(levels):
        below = yield from _fill_level(level, below)
    assert below is not None
    fit = f"{crops} crop{'s' * (crops != 1)} of about {scene.trained_at}"
    if len(levels) > 1:
        fit += f", from 1/{2 ** (len(levels) - 1)} of the size up"
    return Completed(below, f"crop ({fit})")


FIT_OF: dict[str, Fit] = {
    "auto": auto,
    "direct": direct,
    "resize": resize,
    "crop": crop,
    "polyphase": polyphase,
}
FITS = tuple(FIT_OF)


def _seen_whole(scene: Scene) -> bool:
    """Return whether a scene is small enough to be filled at once as well as in crops."""
    height, width = scene.hidden.shape
    most = scene.trained_at
    if scene.fixed:
        return max(height, width) <= most
    return height * width <= (_WHOLE * most) ** 2 and max(height, width) <= _LONGEST * most


def _fill_whole(scene: Scene) -> Generator[Sequence[Patch], Sequence[np.ndarray], np.ndarray]:
    """Fill a scene at its own size; nothing passes the network where all is known."""
    height, width = scene.hidden.shape
    if not scene.hidden.any():
        return scene.picture
    (filling,) = yield [scene.patch()]
    # The valid pixels stand as they are, whatever the runtime gives for them.
    return np.where(scene.hidden[..., None], filling[:height, :width], scene.picture)


@dataclass(frozen=True)
class _Level:
    scene: Scene
    deep: np.ndarray  # bool, H x W: parts of the hole that the smaller level fills better
    boxes: list[Box] | None  # of the crops; None where the scene is filled whole


def _levels(scene: Scene) -> list[_Level]:
    """Return the scene at full size, half, ... until no hole is deep or all is seen at once."""
    reach, longer = scene.trained_at // 4, max(scene.hidden.shape)
    levels: list[_Level] = []
    while True:
        small = scene.shrunk(max(1, longer >> len(levels)))
        deep, boxes = np.zeros_like(small.hole), None
        if not _seen_whole(small):
            far = ndimage.minimum_filter(small.hidden.view(np.uint8), 2 * reach + 1)
            deep = far.view(np.bool_) & small.hole
            boxes = boxes_of(small.hole & ~deep, scene.trained_at // 2)
        levels.append(_Level(small, deep, boxes))
        if not deep.any():
            return levels


def _fill_level(
    level: _Level, below: np.ndarray | None
) -> Generator[Sequence[Patch], Sequence[np.ndarray], np.ndarray]:
    scene, hole = level.scene, level.scene.hole & ~level.deep
    if level.boxes is None:
        return (yield from _fill_whole(scene))
    before = scene.picture
    if below is not None:
        size = scene.hidden.shape[::-1]
        before = np.where(scene.hole[..., None], enlarged(below, size), scene.picture)
    # The filling from below counts as valid where it stays. Each crop sees it as it was, not what
    # its neighbours have filled.
    seen = replace(scene, picture=before, hidden=scene.hidden & ~level.deep)
    canvas, painted = before.copy(), np.zeros_like(hole)
    for start in range(0, len(level.boxes), _CHUNK):
        chunk = level.boxes[start : start + _CHUNK]
        views = [view_of(box, hole.shape, scene.trained_at) for box in chunk]
        fillings = yield [seen.cut(view).patch() for view in views]
        for box, view, filling in zip(chunk, views, fillings, strict=True):
            at = view.slices()
            faded = _faded(filling, seen.picture[at], level.deep[at])
            _paste(canvas, painted, hole, box=box, view=view, filling=faded)
    return canvas


def _faded(filling: np.ndarray, below: np.ndarray, deep: np.ndarray) -> np.ndarray:
    """Fade a crop's filling into that from below, which stays in the depth."""
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
    at, local = reach.slices(), reach.moved(-view.top, -view.left).slices()
    where, before = hole[at], painted[at]
    top, bottom = box.top - reach.top, box.bottom - reach.top
    left, right = box.left - reach.left, box.right - reach.left
    # Only towards a neighbour: elsewhere a ramp would leave some of what is no neighbour's.
    weight = np.minimum.outer(
        _ramp(reach.height, before[:top].any(), before[bottom:].any()),
        _ramp(reach.width, before[:, :left].any(), before[:, right:].any()),
    )
    weight = np.where(before, weight, np.float32(1)) * where
    old = canvas[at]
    mixed = old + weight[..., None] * (filling[local].astype(np.float32) - old)
    old[where] = (mixed[where] + 0.5).astype(np.uint8)
    painted[at] |= where


def _ramp(length: int, first: np.bool_, last: np.bool_) -> np.ndarray:
    """Return weights that rise from each end where there is a neighbour, float32."""
    at = np.arange(1, length + 1, dtype=np.float32) / np.float32(2 * _RAMP)
    ones = np.ones(length, np.float32)
    return np.minimum(np.minimum(ones, at if first else ones), at[::-1] if last else ones)
