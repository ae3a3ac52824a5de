"""Shapes holes and fills: dilate, de-grid, feather."""

import numpy as np
from PIL import Image
from scipy import ndimage  # type: ignore[import-untyped]

_BAND = 512


def dilate(hole: np.ndarray, by: int) -> np.ndarray:
    """Let a hole grow by `by` pixels on all sides: a disc's shape.

    Args:
        hole: bool, H x W.
        by: in pixels, 0 or more.
    """
    if by <= 0 or not hole.any():
        return hole
    height = hole.shape[0]
    grown = hole.copy()
    for row in range(by + 1):
        reach = int((by * by - row * row + by) ** 0.5)  # + by: rounder discs than without
        wide = ndimage.maximum_filter1d(hole.view(np.uint8), 2 * reach + 1, axis=1, mode="constant")
        wide = wide.view(np.bool_)
        if row < height:
            grown[row:] |= wide[: height - row]
            grown[: height - row] |= wide[row:]
    return grown


def degrid(completed: np.ndarray) -> np.ndarray:
    """Halve a picture and enlarge it again, bicubic, which hides a grid of two pixels and less.

    [C]: done in the challenge submission with what polyphase gives, before the valid pixels are
    put back.

    Args:
        completed: uint8, H x W x 3.
    """
    image = Image.fromarray(completed)
    half = (-(-image.width // 2), -(-image.height // 2))
    cubic = Image.Resampling.BICUBIC
    return np.asarray(image.resize(half, cubic).resize(image.size, cubic))


def feather(
    completed: np.ndarray, picture: np.ndarray, hole: np.ndarray, hidden: np.ndarray, width: int
) -> np.ndarray:
    """Fade steps of brightness and colour at the hole's edge, inside the hole only.

    The local means of the valid pixels and of the filling, each over its own side of the edge,
    are compared; their difference is added to the filling, in full at the edge and fading to
    nothing `width` pixels further in. So texture stays, unlike with a blend of two pictures,
    and what the hole held before never comes back.

    Args:
        completed: uint8, H x W x 3.
        picture: uint8, H x W x 3, before filling.
        hole: bool, H x W, what is filled.
        hidden: bool, H x W, not to be seen; includes `hole`.
        width: in pixels, 0 or more.

    Returns:
        uint8, H x W x 3; as `completed` where deeper than `width`.
    """
    if width <= 0 or not hole.any():
        return completed
    out = completed.copy()
    halo = 3 * width + 1
    for top in range(0, hole.shape[0], _BAND):
        # In bands with what reaches into them, so that memory stays bounded.
        rows = slice(max(0, top - halo), top + _BAND + halo)
        band = slice(top - rows.start, top - rows.start + _BAND)
        if hole[top : top + _BAND].any():
            part = _feathered(completed[rows], picture[rows], hole[rows], hidden[rows], width)
            out[top : top + _BAND] = part[band]
    return out


def _feathered(
    completed: np.ndarray, picture: np.ndarray, hole: np.ndarray, hidden: np.ndarray, width: int
) -> np.ndarray:
    if hidden.all():
        return completed
    # Rows of padding far away keep the distance of a band without valid pixels finite.
    depth = ndimage.distance_transform_edt(hidden)
    near = hole & (depth <= width)
    fade = np.where(near, 1 - (depth - 1) / width, 0).astype(np.float32)
    seen, filled = _blurred(~hidden, width), _blurred(hole, width)
    out = completed.copy()
    for channel in range(3):
        outside = _blurred(np.where(hidden, 0, picture[..., channel]), width)
        inside = _blurred(np.where(hole, completed[..., channel], 0), width)
        known = (seen > 1e-3) & (filled > 1e-3)
        step = np.where(
            known, outside / np.maximum(seen, 1e-3) - inside / np.maximum(filled, 1e-3), 0
        )
        changed = completed[..., channel] + fade * step
        out[..., channel] = np.where(near, np.clip(changed + 0.5, 0, 255), out[..., channel])
    return out


def _blurred(values: np.ndarray, width: int) -> np.ndarray:
    return ndimage.gaussian_filter(
        values.astype(np.float32), width / 2, mode="nearest", truncate=4.0
    )
