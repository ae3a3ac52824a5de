"""Sets of masks, each described in full by kind, size, count and seed, with a hash of its bits."""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from .draws import check_size
from .kinds import check_kind, draw

_GAP, _GREY = 4, 128


def coverage(mask: NDArray[np.bool_]) -> float:
    """Return the missing share of a mask (bool, any shape), in [0, 1]; 0 for an empty array."""
    return float(np.count_nonzero(mask)) / mask.size if mask.size else 0.0


def sha256(mask: NDArray[np.bool_]) -> str:
    """Return the SHA-256, in hex, of a mask (bool, shape (height, width)): its shape and bits."""
    return hashlib.sha256(content(mask)).hexdigest()


def content(mask: NDArray[np.bool_]) -> bytes:
    """Return what is hashed of a mask: its shape as text, then its bits row by row."""
    height, width = mask.shape
    return f"{height}x{width}:".encode() + np.packbits(mask).tobytes()


@dataclass(frozen=True)
class MaskSet:
    """`count` masks of one `kind` and `size` (height, width); mask i has the seed "{seed}/{i}".

    Masks are drawn when asked for and not kept. `absolute` is that of `draw`.

    Raises:
        UsageError: an unknown kind, a size under 1 pixel or a count under 0.
    """

    kind: str
    size: tuple[int, int]
    count: int
    seed: int | str
    absolute: bool = False

    def __post_init__(self) -> None:
        check_kind(self.kind)
        check_size(*self.size)
        if self.count < 0:
            raise UsageError(f"a set of masks cannot have {self.count} of them")

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> NDArray[np.bool_]:
        """Return mask `index`, from 0: bool, shape `size`. IndexError outside [0, count)."""
        if not 0 <= index < self.count:
            raise IndexError(f"no mask {index} in a set of {self.count}")
        return draw(self.kind, *self.size, f"{self.seed}/{index}", absolute=self.absolute)

    def __iter__(self) -> Iterator[NDArray[np.bool_]]:
        return (self[index] for index in range(self.count))

    @cached_property
    def hash(self) -> str:
        """SHA-256, in hex, over the shape and bits of every mask in order; draws them all once."""
        digest = hashlib.sha256()
        for mask in self:
            digest.update(content(mask))
        return digest.hexdigest()

    def manifest(self) -> dict[str, Any]:
        """Return the set for JSON: its fields, hash, and "name", "coverage", "sha256" of each mask."""
        return {
            **asdict(self),
            "size": list(self.size),
            "hash": self.hash,
            "masks": [
                {"name": f"{self.kind}_{i:05d}", "coverage": coverage(mask), "sha256": sha256(mask)}
                for i, mask in enumerate(self)
            ],
        }


def preview(masks: Sequence[NDArray[np.bool_]], longest: int = 2048) -> NDArray[np.uint8]:
    """Return a sheet of masks (bool, all H x W) in rows, white = missing, grey between them.

    It is uint8, neither side longer than `longest` pixels: masks are thinned out evenly.
    """
    columns = math.ceil(math.sqrt(len(masks)))
    rows = math.ceil(len(masks) / columns)
    room = (longest - _GAP) // columns - _GAP  # whole pixels for each mask
    step = math.ceil(max(masks[0].shape) / room)
    cell = masks[0][::step, ::step].shape
    pitch = (cell[0] + _GAP, cell[1] + _GAP)
    sheet = np.full((rows * pitch[0] + _GAP, columns * pitch[1] + _GAP), _GREY, np.uint8)
    for i, mask in enumerate(masks):
        top, left = (i // columns) * pitch[0] + _GAP, (i % columns) * pitch[1] + _GAP
        sheet[top : top + cell[0], left : left + cell[1]] = mask[::step, ::step] * np.uint8(255)
    return sheet
