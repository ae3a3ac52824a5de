"""Removes tint from a fill: in grey pictures, and on flat ground."""

import numpy as np

from .parts import boxes_of_parts

_REACH = 16  # pixels round a part of the hole that are its ground
_FLAT = 4.0  # grey levels: greatest deviation of a flat ground in any channel
_EVIDENCE = 64  # pixels that a ground has at least
_SAMPLE = 4096  # pixels
_NO_COLOUR = 2  # grey levels by which the channels of a grey may differ, after lossy coding
_BAND = 256


def settled(
    completed: np.ndarray, picture: np.ndarray, hole: np.ndarray, hidden: np.ndarray
) -> np.ndarray:
    """Return a fill without the network's tint.

    A network gives grey pictures a little colour, and is some levels off on a flat ground. In a
    picture whose valid pixels are all grey, the fill becomes grey. Where the ground round a part
    of the hole is flat, the fill takes the mean of the ground and keeps within its range.

    Args:
        completed: uint8, H x W x 3.
        picture: uint8, H x W x 3, before filling.
        hole: bool, H x W, what is filled.
        hidden: bool, H x W, not to be seen; includes `hole`.
    """
    out = completed.copy()
    if _is_grey(picture, hidden):
        grey = completed[hole] @ np.array([0.299, 0.587, 0.114]) + 0.5  # BT.601, as Pillow's
        out[hole] = grey.astype(np.uint8)[:, None]
    for part in boxes_of_parts(hole):
        box = part.grown(_REACH, hole.shape).slices()
        ground = picture[box][~hidden[box]]
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


def _is_grey(picture: np.ndarray, hidden: np.ndarray) -> bool:
    """Return whether no valid pixel has a colour; False where no pixel is valid."""
    if hidden.all():
        return False
    for top in range(0, len(picture), _BAND):  # most pictures show a colour in the first rows
        band = picture[top : top + _BAND]
        coloured = band.max(2) - band.min(2) > _NO_COLOUR
        if (coloured & ~hidden[top : top + _BAND]).any():
            return False
    return True
