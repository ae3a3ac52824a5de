"""Which pictures under which masks: the same for every method, run and machine."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..masks import KINDS, MaskSet
from ..pictures import centre_square, evenly, find_pictures, read_rgb

_SEED = "validation"


@dataclass(frozen=True)
class Protocol:
    """Pictures of a folder, each under one frozen mask of each kind.

    Attributes:
        folder: of the pictures.
        size: centre squares are brought to this size with Lanczos.
        kinds: of masks.
        limit: at most so many pictures, taken evenly; 0 takes all.
        files: of the folder, these alone; empty takes all.

    Raises:
        UsageError: an unknown kind, or a size below 1.
    """

    folder: Path
    size: int = 256
    kinds: tuple[str, ...] = KINDS
    limit: int = 0
    files: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        for kind in self.kinds:
            MaskSet(kind, (self.size, self.size), 0, _SEED)  # refuses what it cannot draw

    def pictures(self) -> list[Path]:
        """Return the pictures' paths, in order."""
        return evenly(self.files, self.limit) or find_pictures(self.folder, self.limit)

    def truth(self, path: Path) -> np.ndarray:
        """Return a picture as uint8, size x size x 3."""
        return centre_square(read_rgb(path), self.size)

    def masks(self, kind: str) -> MaskSet:
        """Return the frozen masks of a kind: one for each picture, in order."""
        return MaskSet(kind, (self.size, self.size), len(self.pictures()), _SEED)
