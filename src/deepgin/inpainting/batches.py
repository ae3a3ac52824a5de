"""Passes the patches of fits through a runtime in batches of a planned size."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

import numpy as np

from ..errors import Note
from ..runtimes import OutOfMemory, Runtime
from .scenes import Completed, Patch, Work

SMALLER = Note("low memory: smaller batches were used; filled pixels may differ by one grey level")
_SHARE = 0.6  # of what is free: others take memory too, and the estimate is rough
_MOST = 16
PASSES = 5
"""Passes of `ensemble` for each patch."""
OnProgress: TypeAlias = Callable[[int, int], None]
"""Called with the steps that are done and the total; may raise to stop the work."""
Fill: TypeAlias = Callable[[Sequence[Patch]], Sequence[np.ndarray]]


class Steps:
    """Counts the steps of a fill; one is about as much work as one crop is for the network.

    A patch takes `passes` steps. The total is what is known so far; it may be corrected.
    """

    def __init__(self, on_progress: OnProgress = lambda *_: None, passes: int = 1) -> None:
        self._on_progress, self._passes = on_progress, passes
        self.done = self.total = 0

    def expect_patches(self, count: int) -> None:
        """Add the passes of patches to the total; a negative count corrects it."""
        self.total += self._passes * count

    def check(self) -> None:
        """Report; raises what `on_progress` raises."""
        self._on_progress(self.done, max(self.total, self.done))


def complete_all(works: Sequence[Work], fill: Fill) -> list[Completed]:
    """Run several works side by side, so that their patches can share the network's batches."""
    done: dict[int, Completed] = {}
    waiting: dict[int, Sequence[Patch]] = {}

    def go_on(i: int, fillings: Sequence[np.ndarray] | None) -> None:
        try:
            waiting[i] = next(works[i]) if fillings is None else works[i].send(fillings)
        except StopIteration as end:
            done[i] = end.value

    for i in range(len(works)):
        go_on(i, None)
    while waiting:
        now, waiting = waiting, {}
        fillings = fill([patch for patches in now.values() for patch in patches])
        start = 0
        for i, patches in now.items():
            go_on(i, fillings[start : start + len(patches)])
            start += len(patches)
    return [done[i] for i in range(len(works))]


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
    of_shape: dict[tuple[int, ...], list[int]] = {}
    for i, patch in enumerate(patches):
        of_shape.setdefault(patch.mask.shape, []).append(i)
    for (height, width), indices in of_shape.items():
        limit = size = group_size(runtime, height, width)
        fits = int(_SHARE * runtime.free_bytes() / (runtime.bytes_a_pixel * height * width))
        while limit > 1 and limit > fits:
            limit //= 2
        while indices:
            steps.check()
            group = indices[:limit]
            try:
                pictures = _through(runtime, [patches[i] for i in group], limit)
            except OutOfMemory:
                if limit == 1:
                    raise
                limit //= 2
                continue
            filled.update(zip(group, pictures, strict=False))
            del indices[:limit]
            steps.done += len(group)
        if limit < size:
            warn(SMALLER)
    return [filled[i] for i in range(len(patches))]


def _through(runtime: Runtime, patches: list[Patch], size: int) -> list[np.ndarray]:
    batch = patches + patches[-1:] * (size - len(patches))
    guides = [patch.guidance for patch in batch if patch.guidance is not None]
    filled = runtime.fill(
        np.stack([patch.picture for patch in batch]),
        np.stack([patch.mask for patch in batch]),
        np.stack(guides) if guides else None,
    )
    return list(filled)


def ensemble(fill: Fill, patches: Sequence[Patch]) -> list[np.ndarray]:
    """Fill each patch `PASSES` times, turned by 0, 90, 180, 270 degrees and mirrored; their mean.

    [C] has these five passes in its challenge submission, there truncated before the mean.
    """
    turned = [patch.each(partial(_turn, by=by)) for patch in patches for by in range(PASSES)]
    filled = fill(turned)
    return [_mean(filled[i : i + PASSES]) for i in range(0, len(filled), PASSES)]


def _turn(array: np.ndarray, by: int) -> np.ndarray:
    return array[:, ::-1] if by == 4 else np.rot90(array, by)


def _mean(five: Sequence[np.ndarray]) -> np.ndarray:
    total = np.full(five[0].shape, 2, np.uint16)  # half of five, for rounding
    for by, picture in enumerate(five):
        total += _turn(picture, 4) if by == 4 else np.rot90(picture, -by)
    return (total // 5).astype(np.uint8)
