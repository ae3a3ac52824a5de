"""Mask sets, with one mask for each picture: drawn from a seed, or read from a folder.

Their `mask` takes the index of the picture in its set, its path below its folder, the height and
width at which it is measured, and those of its file; if they differ its centre square is measured.
It returns bool, H x W, True = missing.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import numpy as np

from ..errors import PictureError, UsageError
from ..masks import check_kind, definition, draw
from ..pictures import AmbiguousMask, MaskIndex, mask_stems, read_mask, resize_mask, walk

SEED = "validation"
Size: TypeAlias = tuple[int, ...]


@dataclass(frozen=True)
class DrawnMasks:
    """Masks of a kind; the mask of picture i has the seed "validation/i"."""

    name: str

    @property
    def definition(self) -> str:
        """One line for reports."""
        return f"{definition(self.name)}; seeds {SEED}/0, {SEED}/1, ..."

    def mask(self, index: int, inside: Path, shape: Size, full: Size) -> np.ndarray:
        """Return the mask of a picture."""
        height, width = shape
        return draw(self.name, height, width, f"{SEED}/{index}")


@dataclass(frozen=True)
class MaskFolder:
    """Mask files of a folder, named like the pictures, with or without `_mask`."""

    folder: Path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.resolve().name

    @property
    def definition(self) -> str:
        """One line for reports."""
        return f"mask pictures of the folder {self.name}"

    @cached_property
    def _index(self) -> MaskIndex:
        return MaskIndex(self.folder, walk(self.folder).files)

    def mask(self, index: int, inside: Path, shape: Size, full: Size) -> np.ndarray:
        """Return the mask of a picture; PictureError for none, two, or one of another size."""
        try:
            path = self._index.find(inside.parent, mask_stems(inside.name))
        except AmbiguousMask as error:
            raise PictureError(str(error)) from error
        if path is None:
            raise PictureError(f"{self.folder} holds no mask for it")
        mask = read_mask(path)
        if mask.shape == shape:
            return mask
        if mask.shape != full:
            sizes = " x ".join(map(str, mask.shape[::-1])), " x ".join(map(str, full[::-1]))
            raise PictureError(f"its mask {path} is {sizes[0]} pixels, the picture {sizes[1]}")
        side = min(full)
        top, left = ((length - side) // 2 for length in full)
        height, width = shape
        return resize_mask(mask[top : top + side, left : left + side], (width, height))


def masks_of(spec: str) -> DrawnMasks | MaskFolder:
    """Return the mask set of a kind by name, or of a folder; UsageError if it is neither."""
    if Path(spec).is_dir():
        return MaskFolder(Path(spec))
    try:
        check_kind(spec)
    except UsageError as error:
        raise UsageError(f"{error}; or name a folder of masks", field="masks") from error
    return DrawnMasks(spec)
