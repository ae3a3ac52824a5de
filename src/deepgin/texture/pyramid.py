"""The pyramid: photograph, hole and valid pixels at full size, half, quarter and so on."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage  # type: ignore[import-untyped]


@dataclass(frozen=True)
class Level:
    """One size of the pyramid.

    Attributes:
        picture: float32, H x W x 3, 0 to 255: the photograph where it is known; what stands in the
            hole is replaced as it is filled.
        hole: bool, H x W: a pixel any part of which is to be filled.
        valid: bool, H x W: a pixel all of which is photograph.
    """

    picture: np.ndarray
    hole: np.ndarray
    valid: np.ndarray


def depth_of(level: Level) -> np.ndarray:
    """Return the distance of each pixel of the hole to the nearest valid one, float32; 0 outside.

    A hole at the picture's border is deepest there: nothing is known beyond it.
    """
    if not level.valid.any():
        return level.hole * np.float32(max(level.hole.shape))
    away = ndimage.distance_transform_edt(~level.valid)
    return np.where(level.hole, away, 0).astype(np.float32)


def halvings(level: Level, depth: int, side: int, most: int) -> int:
    """Return how often to halve until the hole is at most `depth` deep, at most `most` times.

    The smallest level's shorter side is at least `side`.
    """
    deepest, shorter = float(depth_of(level).max()), min(level.hole.shape)
    count = 0
    while deepest / 2**count > depth and shorter / 2 ** (count + 1) >= side and count < most:
        count += 1
    return count


def levels_of(level: Level, count: int) -> list[Level]:
    """Return a level and its `count` halvings, the sides padded to multiples of 2**count.

    Padding repeats the last pixels, and is neither hole nor valid.
    """
    border = [(0, -side % 2**count) for side in level.hole.shape]
    levels = [
        Level(
            np.pad(level.picture, [*border, (0, 0)], mode="edge"),
            np.pad(level.hole, border),
            np.pad(level.valid, border),
        )
    ]
    for _ in range(count):
        levels.append(halved(levels[-1]))
    return levels


def halved(level: Level) -> Level:
    """Return a level at half the size; its sides must be even.

    Colours are means of 2 x 2: of the valid ones where the rest is hole or unknown.
    """
    hole, valid = (_quarters(mask) for mask in (level.hole, level.valid))
    weights = [one.astype(np.float32)[..., None] for one in valid]
    total = sum(weights)
    pictures = _quarters(level.picture)
    plain = (pictures[0] + pictures[1] + pictures[2] + pictures[3]) * np.float32(0.25)
    known = sum(w * p for w, p in zip(weights, pictures, strict=True)) / np.maximum(total, 1)
    return Level(
        np.where(total > 0, known, plain),
        hole[0] | hole[1] | hole[2] | hole[3],
        valid[0] & valid[1] & valid[2] & valid[3],
    )


def doubled_within(picture: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return `doubled` of a halved picture, from the pixels alone that have any valid part.

    `valid` is bool, of the larger size. What stands in a hole so keeps out of the pixels beside it.
    """
    upper_left, *others = _quarters(valid)
    known = upper_left | others[0] | others[1] | others[2]
    if known.all():
        return doubled(picture)
    weight = known[..., None].astype(np.float32)
    return doubled(picture * weight) / np.maximum(doubled(weight), np.float32(1e-6))


def _quarters(array: np.ndarray) -> tuple[np.ndarray, ...]:
    return array[::2, ::2], array[1::2, ::2], array[::2, 1::2], array[1::2, 1::2]


def doubled(picture: np.ndarray) -> np.ndarray:
    """Return a picture at twice the size, bilinear: float32, H x W x C.

    The inverse of `halved` for what is smooth: 2 x 2 pixels lie round each one's centre.
    """
    near, far = np.float32(0.75), np.float32(0.25)
    for axis in (0, 1):
        border = [(1, 1) if a == axis else (0, 0) for a in range(picture.ndim)]
        wide = np.moveaxis(np.pad(picture, border, mode="edge"), axis, 0)
        before, own, after = wide[:-2], wide[1:-1], wide[2:]
        pair = np.stack([own * near + before * far, own * near + after * far], 1)
        pair = pair.reshape(-1, *own.shape[1:])
        picture = np.moveaxis(pair, 0, axis)
    return picture
