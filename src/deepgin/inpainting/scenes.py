"""What fits and batches pass on: scenes, patches and completed scenes."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

import numpy as np
from PIL import Image

from .boxes import Box

_QUARTER = 64


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

    def each(self, change: Callable[[np.ndarray], np.ndarray]) -> "Patch":
        """Return the patch with each of its arrays changed."""
        guide = None if self.guidance is None else change(self.guidance)
        return Patch(change(self.picture), change(self.mask), guide)


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
        fixed: the network takes no larger picture than `trained_at` x `trained_at`.
    """

    picture: np.ndarray
    hole: np.ndarray
    hidden: np.ndarray
    guidance: np.ndarray | None = None
    trained_at: int = 256
    size_multiple: int = 16
    fixed: bool = False

    def cut(self, box: Box) -> "Scene":
        """Return the part within a box."""
        at = box.slices()
        part = Patch(self.picture, self.hidden, self.guidance).each(lambda array: array[at])
        return replace(
            self,
            picture=part.picture,
            hole=self.hole[at],
            hidden=part.mask,
            guidance=part.guidance,
        )

    def patch(self, multiple: int = 0) -> Patch:
        """Return it mirrored at its right and lower edge to multiples, the network's or others.

        A hole at the border so goes on beyond it.
        """
        multiple = multiple or self.size_multiple
        border = [*((0, -side % multiple) for side in self.hidden.shape), (0, 0)]
        return Patch(self.picture, self.hidden, self.guidance).each(
            lambda array: np.pad(array, border[: array.ndim], mode="symmetric")
        )

    def shrunk(self, side: int) -> "Scene":
        """Return the scene with its longer side at most `side`, or itself if it is no larger.

        A pixel of the small picture is the mean of the valid pixels that it covers; it is missing
        where they are less than a quarter of it. So nothing of a hole's old contents gets in.
        """
        height, width = self.hidden.shape
        if max(height, width) <= side:
            return self
        by = side / max(height, width)
        size = (max(1, round(width * by)), max(1, round(height * by)))
        # Pillow weighs colours by alpha when it resizes: alpha is what is valid.
        alpha = np.where(self.hidden, np.uint8(0), np.uint8(255))
        rgba = Image.fromarray(np.dstack([self.picture, alpha]))
        small = np.asarray(rgba.resize(size, Image.Resampling.HAMMING))
        # Evenly scattered holes may leave less than that everywhere: then the most there is.
        hidden = small[..., 3] < max(1, min(_QUARTER, int(small[..., 3].max())))
        holes = Image.fromarray(self.hole.view(np.uint8) * np.uint8(255))
        hole = hidden & (np.asarray(holes.resize(size, Image.Resampling.BOX)) > 0)
        guide = self.guidance
        if guide is not None:
            # Its colours are codes, which have no means.
            guide = np.asarray(Image.fromarray(guide).resize(size, Image.Resampling.NEAREST))
        return replace(self, picture=small[..., :3], hole=hole, hidden=hidden, guidance=guide)


class Completed(NamedTuple):
    """A completed scene.

    Attributes:
        picture: uint8, H x W x 3; pixels outside the hole are undefined.
        fit: how the scene was brought to the network, as a text.
    """

    picture: np.ndarray
    fit: str


# A fit yields patches any number of times, and is sent them completed.
Work: TypeAlias = Generator[Sequence[Patch], Sequence[np.ndarray], Completed]


def enlarged(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return a picture in another size (width, height), bicubic."""
    if picture.shape[1::-1] == size:
        return picture
    image = Image.fromarray(np.ascontiguousarray(picture))
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC))
