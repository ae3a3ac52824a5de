"""Passing patches through a runtime in batches of a planned size. Nothing of how they are cut."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..runtimes import Filled8, OutOfMemory, Runtime
from .steps import Steps

SMALLER = (
    "memory was short, so that fewer pictures went through the network at once: the filling may "
    "differ by one grey level from that with more free memory"
)
_SHARE = 0.6  # of what is free: others take memory too, and the estimate is rough
_MOST = 16
PASSES = 5
"""How often `ensemble` fills a patch."""


@dataclass(frozen=True)
class Patch:
    """What the network is to fill at once; the sides are multiples of the runtime's.

    Attributes:
        picture: uint8, H x W x 3.
        mask: bool, H x W, True = missing.
        guidance: uint8, H x W x 3, for a guided network.
    """

    picture: np.ndarray
    mask: np.ndarray
    guidance: np.ndarray | None = None


@dataclass(frozen=True)
class Filling:
    """A patch's completed and coarse picture: uint8, H x W x 3."""

    completed: np.ndarray
    coarse: np.ndarray


def group_size(runtime: Runtime, height: int, width: int) -> int:
    """Return how many patches go through together: it follows from device and size alone."""
    return max(1, min(_MOST, runtime.group_pixels // (height * width)))


def fill(
    runtime: Runtime,
    patches: Sequence[Patch],
    warn: Callable[[str], None] = lambda _: None,
    steps: Steps | None = None,
) -> list[Filling]:
    """Fill patches of any sizes, those of one size together.

    The bytes of a patch do not depend on the others: groups have one size, a short one is made
    up with copies. Where memory does not allow that size it is halved, and `warn` is told.
    `steps` counts the patches, and may stop the work before each batch.

    Raises:
        OutOfMemory: not even one patch fits.
    """
    steps = steps or Steps()
    found: list[Filling | None] = [None] * len(patches)
    for places in _of_one_shape(patches):
        height, width = patches[places[0]].mask.shape
        size = group_size(runtime, height, width)
        fits = int(_SHARE * runtime.free_bytes() / (runtime.bytes_a_pixel * height * width))
        limit = size
        while limit > 1 and limit > fits:
            limit //= 2
        start = 0
        while start < len(places):
            steps.check()
            group = places[start : start + limit]
            try:
                filled = _through(runtime, [patches[i] for i in group], limit)
            except OutOfMemory:
                if limit == 1:
                    raise
                limit //= 2
                continue
            for i, filling in zip(group, filled, strict=False):
                found[i] = filling
            start += len(group)
            steps.add(len(group))
        if limit < size:
            warn(SMALLER)
    return [filling for filling in found if filling is not None]


def _of_one_shape(patches: Sequence[Patch]) -> Iterator[list[int]]:
    places: dict[tuple[int, ...], list[int]] = {}
    for i, patch in enumerate(patches):
        places.setdefault(patch.mask.shape, []).append(i)
    yield from places.values()


def _through(runtime: Runtime, patches: list[Patch], size: int) -> list[Filling]:
    made_up = patches + patches[-1:] * (size - len(patches))
    guides = [patch.guidance for patch in made_up if patch.guidance is not None]
    filled: Filled8 = runtime.fill(
        np.stack([patch.picture for patch in made_up]),
        np.stack([patch.mask for patch in made_up]),
        np.stack(guides) if guides else None,
    )
    return [Filling(*pair) for pair in zip(filled.completed, filled.coarse, strict=True)]


def ensemble(
    runtime: Runtime,
    patches: Sequence[Patch],
    warn: Callable[[str], None] = lambda _: None,
    steps: Steps | None = None,
) -> list[Filling]:
    """Fill each patch `PASSES` times, turned by 0, 90, 180, 270 degrees and mirrored; their mean.

    [C] has these five passes in its challenge submission, there truncated before the mean.
    """
    turned = [_turned(patch, turn) for patch in patches for turn in range(PASSES)]
    filled = fill(runtime, turned, warn, steps)
    passes = (filled[i : i + PASSES] for i in range(0, len(filled), PASSES))
    return [
        Filling(_mean([f.completed for f in five]), _mean([f.coarse for f in five]))
        for five in passes
    ]


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
