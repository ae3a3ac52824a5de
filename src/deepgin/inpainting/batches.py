"""Passes patches through a runtime in batches of a planned size."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import Note
from ..runtimes import OutOfMemory, Runtime
from .steps import Steps

SMALLER = Note("low memory: smaller batches were used; filled pixels may differ by one grey level")
_SHARE = 0.6  # of what is free: others take memory too, and the estimate is rough
_MOST = 16
PASSES = 5
"""Passes of `ensemble` for each patch."""


@dataclass(frozen=True)
class Patch:
    """A part of a picture for one pass of the network; sides are multiples of the runtime's.

    Attributes:
        picture: uint8, H x W x 3.
        mask: bool, H x W, True = missing.
        guidance: uint8, H x W x 3, for a guided network.
    """

    picture: np.ndarray
    mask: np.ndarray
    guidance: np.ndarray | None = None


def group_size(runtime: Runtime, height: int, width: int) -> int:
    """Return the batch size; it follows from device and patch size alone."""
    return max(1, min(_MOST, runtime.group_pixels // (height * width)))


def fill(
    runtime: Runtime,
    patches: Sequence[Patch],
    warn: Callable[[str], None] = lambda _: None,
    steps: Steps | None = None,
) -> list[np.ndarray]:
    """Fill patches of any sizes, those of one size together.

    The bytes of a patch do not depend on the others: batches have one size, and a short one is
    filled up with copies. If memory does not allow that size, it is halved and `warn` is called.
    `steps` counts the patches, and may stop the work before each batch.

    Returns:
        The completed patches in order, uint8, H x W x 3.

    Raises:
        OutOfMemory: not even one patch fits.
    """
    steps = steps or Steps()
    filled: dict[int, np.ndarray] = {}
    for indices in _of_one_shape(patches):
        height, width = patches[indices[0]].mask.shape
        size = group_size(runtime, height, width)
        fits = int(_SHARE * runtime.free_bytes() / (runtime.bytes_a_pixel * height * width))
        limit = size
        while limit > 1 and limit > fits:
            limit //= 2
        start = 0
        while start < len(indices):
            steps.check()
            group = indices[start : start + limit]
            try:
                pictures = _through(runtime, [patches[i] for i in group], limit)
            except OutOfMemory:
                if limit == 1:
                    raise
                limit //= 2
                continue
            filled.update(zip(group, pictures, strict=False))
            start += len(group)
            steps.add(len(group))
        if limit < size:
            warn(SMALLER)
    return [filled[i] for i in range(len(patches))]


def _of_one_shape(patches: Sequence[Patch]) -> Iterator[list[int]]:
    indices: dict[tuple[int, ...], list[int]] = {}
    for i, patch in enumerate(patches):
        indices.setdefault(patch.mask.shape, []).append(i)
    yield from indices.values()


def _through(runtime: Runtime, patches: list[Patch], size: int) -> list[np.ndarray]:
    batch = patches + patches[-1:] * (size - len(patches))
    guides = [patch.guidance for patch in batch if patch.guidance is not None]
    filled = runtime.fill(
        np.stack([patch.picture for patch in batch]),
        np.stack([patch.mask for patch in batch]),
        np.stack(guides) if guides else None,
    )
    return list(filled)


def ensemble(
    runtime: Runtime,
    patches: Sequence[Patch],
    warn: Callable[[str], None] = lambda _: None,
    steps: Steps | None = None,
) -> list[np.ndarray]:
    """Fill each patch `PASSES` times, turned by 0, 90, 180, 270 degrees and mirrored; their mean.

    [C] has these five passes in its challenge submission, there truncated before the mean.
    """
    turned = [_turned(patch, turn) for patch in patches for turn in range(PASSES)]
    filled = fill(runtime, turned, warn, steps)
    return [_mean(filled[i : i + PASSES]) for i in range(0, len(filled), PASSES)]


def _turned(patch: Patch, turn: int) -> Patch:
    guide = patch.guidance
    return Patch(
        _turn(patch.picture, turn),
        _turn(patch.mask, turn),
        None if guide is None else _turn(guide, turn),
    )


def _turn(array: np.ndarray, turn: int) -> np.ndarray:
    return array[:, ::-1] if turn == 4 else np.rot90(array, turn)


def _mean(five: list[np.ndarray]) -> np.ndarray:
    total = np.full(five[0].shape, 2, np.uint16)  # half of five, for rounding
    for turn, picture in enumerate(five):
        total += _turn(picture, 4) if turn == 4 else np.rot90(picture, -turn)
    return (total // 5).astype(np.uint8)
