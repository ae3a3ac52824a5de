"""The mask sets of a protocol: drawn from a seed, or hand-made in a folder. No pictures here."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np

from ..errors import PictureError, UsageError
from ..masks import check_kind, definition, draw
from ..pictures import AmbiguousMask, MaskIndex, mask_stems, read_mask, resize_mask, walk

SEED = "validation"
Size: TypeAlias = tuple[int, int]


class Masks(Protocol):
    """A set with one mask for each picture.

    Attributes:
        name: in reports.
        definition: what it is, in a line.
    """

    @property
    def name(self) -> str: ...

    @property
    def definition(self) -> str: ...

    def mask(self, index: int, inside: Path, shape: Size, full: Size) -> np.ndarray:
        """Return the mask of a picture: bool, of `shape`, True = missing.

        Args:
            index: the picture's place in the protocol, from 0.
            inside: its path below the pictures' folder.
            shape: height and width of the picture as it is measured.
            full: height and width of its file; its centre square is measured if they differ.

        Raises:
            PictureError: there is no mask for it, or none that fits.
        """
        ...


@dataclass(frozen=True)
class Drawn:
    """Masks of a kind; the one of picture i has the seed "validation/i".

    Raises:
        UsageError: an unknown kind.
    """

    name: str

    def __post_init__(self) -> None:
        check_kind(self.name)

    @property
    def definition(self) -> str:
        """What the kind is."""
        return f"{definition(self.name)}; seeds {SEED}/0, {SEED}/1, ..."

    def mask(self, index: int, inside: Path, shape: Size, full: Size) -> np.ndarray:
        """See `Masks.mask`."""
        return draw(self.name, *shape, f"{SEED}/{index}")


@dataclass(frozen=True)
class HandMade:
    """Mask pictures with the pictures' names, or those and `_mask`, in a folder."""

    folder: Path

    @property
    def name(self) -> str:
        """The folder's."""
        return self.folder.resolve().name

    @property
    def definition(self) -> str:
        """That they are files."""
        return f"mask pictures of the folder {self.name}"

    @cached_property
    def _index(self) -> MaskIndex:
        return MaskIndex(self.folder, walk(self.folder).files)

    def mask(self, index: int, inside: Path, shape: Size, full: Size) -> np.ndarray:
        """See `Masks.mask`."""
        try:
            path = self._index.find(inside.parent, mask_stems(inside.name))
        except AmbiguousMask as error:
            raise PictureError(str(error)) from error
        if path is None:
            raise PictureError(f"there is no mask of it in {self.folder}")
        mask = read_mask(path)
        if mask.shape == shape:
            return mask
        if mask.shape != full:
            sizes = " x ".join(map(str, mask.shape[::-1])), " x ".join(map(str, full[::-1]))
            raise PictureError(f"its mask {path} is {sizes[0]} pixels, the picture {sizes[1]}")
        side = min(full)
        top, left = ((length - side) // 2 for length in full)
        return resize_mask(mask[top : top + side, left : left + side], shape[::-1])


def masks_of(spec: str) -> Masks:
    """Return the mask set that a kind's name, or a folder, says.

    Raises:
        UsageError: neither.
    """
    if Path(spec).is_dir():
        return HandMade(Path(spec))
    try:
        return Drawn(spec)
    except UsageError as error:
        raise UsageError(f"{error}; or name a folder of masks") from error
