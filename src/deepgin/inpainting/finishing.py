"""Finishes a fill: removes a grid, a tint, and steps at the edge of the hole."""

import numpy as np
from PIL import Image
from scipy import ndimage  # type: ignore[import-untyped]

from .boxes import Box, boxes_of_parts
from .options import Options
from .scenes import Scene

_REACH = 16  # pixels round a part of the hole that are its ground
_FLAT = 4.0  # grey levels: greatest deviation of a flat ground in any channel
_EVIDENCE = 64  # pixels that a ground has at least
_SAMPLE = 4096  # pixels
_NO_COLOUR = 2  # grey levels by which the channels of a grey may differ, after lossy coding
_GREY_BAND = 256  # rows
_BAND = 512  # rows


def finished(completed: np.ndarray, scene: Scene, options: Options) -> np.ndarray:
    """Return a completed scene, uint8, H x W x 3, with all that the options ask for."""
    if options.degrid:
        completed = degrid(completed)
    return feather(settled(completed, scene), scene, options.feather)


def degrid(completed: np.ndarray) -> np.ndarray:
    """Halve a picture and enlarge it again, bicubic, which hides a grid of two pixels and less.

    [C]: done in the challenge submission with what polyphase gives, before the valid pixels are
    put back.
    """
    image = Image.fromarray(completed)
    half = (-(-image.width // 2), -(-image.height // 2))
    cubic = Image.Resampling.BICUBIC
    return np.asarray(image.resize(half, cubic).resize(image.size, cubic))


def settled(completed: np.ndarray, scene: Scene) -> np.ndarray:
    """Return a completed scene, uint8, H x W x 3, without the network's tint.

    A network gives grey pictures a little colour, and is some levels off on a flat ground. In a
    picture whose valid pixels are all grey, the fill becomes grey. Where the ground round a part
    of the hole is flat, the fill takes the mean of the ground and keeps within its range.
    """
    hole, out = scene.hole, completed.copy()
    if _is_grey(scene):
        grey = completed[hole] @ np.array([0.299, 0.587, 0.114]) + 0.5  # BT.601, as Pillow's
        out[hole] = grey.astype(np.uint8)[:, None]
    for part in boxes_of_parts(hole):
        around = scene.cut(part.grown(_REACH, hole.shape))
        ground = around.picture[~around.hidden]
        if len(ground) < _EVIDENCE or not _is_flat(ground):
            continue
        fill = out[part.slices()]
        inside = hole[part.slices()]
        moved = fill[inside] + (ground.mean(0) - fill[inside].mean(0))
        fill[inside] = np.clip(moved + 0.5, ground.min(0), ground.max(0)).astype(np.uint8)
    return out


def _is_flat(ground: np.ndarray) -> bool:
    # A sample tells most grounds: the exact deviation of many megapixels takes long.
    sample = ground[:: 1 + len(ground) // _SAMPLE]
    return bool(sample.std(0).max() <= 2 * _FLAT and ground.std(0).max() <= _FLAT)


def _is_grey(scene: Scene) -> bool:
    """Return whether no valid pixel has a colour; False where no pixel is valid."""
    if scene.hidden.all():
        return False
    for top in range(0, len(scene.picture), _GREY_BAND):
        # Most pictures show a colour in the first rows.
        band = scene.picture[top : top + _GREY_BAND]
        coloured = band.max(2) - band.min(2) > _NO_COLOUR
        if (coloured & ~scene.hidden[top : top + _GREY_BAND]).any():
            return False
    return True


def feather(completed: np.ndarray, scene: Scene, width: int) -> np.ndarray:
    """Fade steps of brightness and colour at the hole's edge, inside the hole only.

    The local means of the valid pixels and of the filling, each over its own side of the edge,
    are compared; their difference is added to the filling, in full at the edge and fading to
    nothing `width` pixels further in. So texture stays, unlike with a blend of two pictures,
    and what the hole held before never comes back.
    """
    height, columns = scene.hole.shape
    if width <= 0 or not scene.hole.any():
        return completed
    out = completed.copy()
    halo = 3 * width + 1
    for top in range(0, height, _BAND):
        # In bands with what reaches into them, so that memory stays bounded.
        start = max(0, top - halo)
        box = Box(start, 0, min(height, top + _BAND + halo), columns)
        if scene.hole[top : top + _BAND].any():
            part = _feathered(completed[box.slices()], scene.cut(box), width)
            out[top : top + _BAND] = part[top - start : top - start + _BAND]
    return out


def _feathered(completed: np.ndarray, scene: Scene, width: int) -> np.ndarray:
    hole, hidden = scene.hole, scene.hidden
    if hidden.all():
        return completed
    # Rows of padding far away keep the distance of a band without valid pixels finite.
    depth = ndimage.distance_transform_edt(hidden)
    near = hole & (depth <= width)
    fade = np.where(near, 1 - (depth - 1) / width, 0).astype(np.float32)
    seen, filled = _blurred(~hidden, width), _blurred(hole, width)
    known = (seen > 1e-3) & (filled > 1e-3)
    out = completed.copy()
    for channel in range(3):
        outside = _blurred(np.where(hidden, 0, scene.picture[..., channel]), width)
        inside = _blurred(np.where(hole, completed[..., channel], 0), width)
        step = outside / np.maximum(seen, 1e-3) - inside / np.maximum(filled, 1e-3)
        changed = completed[..., channel] + fade * np.where(known, step, 0)
        out[..., channel] = np.where(near, np.clip(changed + 0.5, 0, 255), out[..., channel])
    return out


def _blurred(values: np.ndarray, width: int) -> np.ndarray:
    return ndimage.gaussian_filter(values.astype(np.float32), width / 2, mode="nearest")
