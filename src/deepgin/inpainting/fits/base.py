"""What a fit is, and how fits run over a runtime."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from ...runtimes import Runtime
from ..batches import Patch
from .boxes import Box

CHUNK = 32
"""Patches that a fit asks for at once, so that memory does not grow with the picture."""


@dataclass(frozen=True)
class Scene:
    """A picture to complete.

    Attributes:
        picture: uint8, H x W x 3.
        hole: bool, H x W: what to fill.
        hidden: bool, H x W: what the network must not see; includes `hole`.
        guidance: uint8, H x W x 3, for a guided network.
        trained_at: the side that the network was trained at.
        size_multiple: the network takes multiples of this.
    """

    picture: np.ndarray
    hole: np.ndarray
    hidden: np.ndarray
    guidance: np.ndarray | None = None
    trained_at: int = 256
    size_multiple: int = 16

    def cut(self, box: Box) -> "Scene":
        """Return the part within a box."""
        rows, columns = box.slices()
        return Scene(
            self.picture[rows, columns],
            self.hole[rows, columns],
            self.hidden[rows, columns],
            None if self.guidance is None else self.guidance[rows, columns],
            self.trained_at,
            self.size_multiple,
        )

    def patch(self, multiple: int = 0) -> Patch:
        """Return it mirrored at its right and lower edge to multiples, the network's or others.

        A hole at the border so goes on beyond it.
        """
        height, width = self.hidden.shape
        multiple = multiple or self.size_multiple
        border = [(0, -side % multiple) for side in (height, width)]
        guide = self.guidance
        return Patch(
            np.pad(self.picture, [*border, (0, 0)], mode="symmetric"),
            np.pad(self.hidden, border, mode="symmetric"),
            None if guide is None else np.pad(guide, [*border, (0, 0)], mode="symmetric"),
        )


@dataclass(frozen=True)
class Completed:
    """A completed scene.

    Attributes:
        picture: uint8, H x W x 3; pixels outside the hole are undefined.
        fit: how the scene was brought to the network, as a text.
    """

    picture: np.ndarray
    fit: str

    def cut(self, box: Box) -> "Completed":
        """Return the part within a box."""
        return Completed(self.picture[box.slices()], self.fit)


# A fit yields patches any number of times, and is sent them completed.
Work: TypeAlias = Generator[Sequence[Patch], Sequence[np.ndarray], Completed]
# Called with the number of patches that a fit will yield, before it yields them.
OnExpected: TypeAlias = Callable[[int], None]


def ignore(_: int) -> None:
    """Count nothing."""


class Fit(Protocol):
    """Brings a picture of any size to a network that was trained at one size."""

    name: str

    def work(self, scene: Scene, expect: OnExpected = ignore) -> Work:
        """Yield patches, be sent them completed, and return the completed scene.

        Args:
            scene: to complete.
            expect: called first with the number of patches.

        Raises:
            UsageError: the fit cannot do it.
        """
        ...


Fill: TypeAlias = Callable[[Sequence[Patch]], Sequence[np.ndarray]]


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


def complete(
    fit: Fit,
    runtime: Runtime,
    picture: np.ndarray,
    mask: np.ndarray,
    guidance: np.ndarray | None = None,
) -> Completed:
    """Complete one picture by one fit; see `Scene` for the arrays."""
    from ..batches import fill

    scene = Scene(picture, mask, mask, guidance, runtime.trained_at, runtime.size_multiple)
    return complete_all([fit.work(scene)], lambda patches: fill(runtime, patches))[0]
