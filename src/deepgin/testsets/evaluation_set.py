"""Pictures of a folder under frozen masks, the same for every method, run and machine."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from ..errors import PictureError, UsageError
from ..masks import KINDS, MaskSet, content
from ..pictures import centre_square, evenly, find_pictures, read_rgb
from .masks import SEED, DrawnMasks, MaskFolder, masks_of


@dataclass(frozen=True)
class Case:
    """A picture and its masks.

    Attributes:
        picture: its path below the folder, with forward slashes.
        truth: uint8, H x W x 3.
        masks, failed: by the name of the set, bool, H x W, True = missing; or why there is none.
    """

    picture: str
    truth: np.ndarray
    masks: dict[str, np.ndarray]
    failed: dict[str, str]


@dataclass(frozen=True)
class EvaluationSet:
    """Pictures of a folder, each under one frozen mask of each set.

    Attributes:
        folder: of the pictures.
        size: side in pixels to which centre squares are resized with Lanczos; None keeps whole
            pictures.
        kinds: kinds of masks by name, or folders of mask files named like the pictures.
        limit: use at most N pictures, evenly spaced; 0 uses all.
        files: use these files of the folder; empty uses all.

    Raises:
        UsageError: an unknown kind, two mask sets of one name, or a size below 1.
    """

    folder: Path
    size: int | None = 256
    kinds: tuple[str, ...] = KINDS
    limit: int = 0
    files: tuple[Path, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if self.size is not None and self.size < 1:
            raise UsageError(f"size {self.size} is below 1 pixel", field="size")
        names = [masks.name for masks in self.sets]
        if len({*names}) < len(names):
            raise UsageError(
                f"two mask sets have one name: {', '.join(names)}",
                field="masks",
                mend="rename one of the folders",
            )

    @cached_property
    def sets(self) -> tuple[DrawnMasks | MaskFolder, ...]:
        """The mask sets."""
        return tuple(masks_of(kind) for kind in self.kinds)

    def pictures(self) -> list[Path]:
        """Return the pictures' paths, in order."""
        return evenly(self.files, self.limit) or find_pictures(self.folder, self.limit)

    def truth(self, path: Path) -> np.ndarray:
        """Return a picture as uint8, H x W x 3."""
        return self._truth(path)[0]

    def _truth(self, path: Path) -> tuple[np.ndarray, tuple[int, int]]:
        picture = read_rgb(path)
        full = (picture.height, picture.width)
        return np.asarray(picture) if self.size is None else centre_square(picture, self.size), full

    def masks(self, kind: str) -> MaskSet:
        """Return the frozen masks of a kind: one for each picture, in order, all of one size."""
        assert self.size is not None
        return MaskSet(kind, (self.size, self.size), len(self.pictures()), SEED)

    def case(self, index: int, path: Path) -> Case:
        """Read the picture at an index of `pictures()`, and make its masks; PictureError if unreadable."""
        truth, full = self._truth(path)
        inside = path.relative_to(self.folder)
        masks, failed = {}, {}
        for one in self.sets:
            try:
                masks[one.name] = one.mask(index, inside, truth.shape[:2], full)
            except PictureError as error:
                failed[one.name] = str(error)
        return Case(inside.as_posix(), truth, masks, failed)

    def cases(self, refused: Callable[[str, str], None]) -> Iterator[Case]:
        """Yield all cases. For an unreadable picture call `refused` with its name and the error."""
        for index, path in enumerate(self.pictures()):
            try:
                yield self.case(index, path)
            except PictureError as error:
                refused(path.relative_to(self.folder).as_posix(), str(error))

    def hashes(self) -> tuple[str, dict[str, str]]:
        """Return the SHA-256 of the pictures (names and samples) and of each mask set, in hex.

        This reads every picture and draws every mask once. Unreadable pictures do not count.
        """
        pictures = hashlib.sha256()
        masks = {one.name: hashlib.sha256() for one in self.sets}
        for case in self.cases(lambda *_: None):
            shape = "x".join(map(str, case.truth.shape))
            pictures.update(f"{case.picture}:{shape}:".encode("utf-8", "surrogateescape"))
            pictures.update(np.ascontiguousarray(case.truth).tobytes())
            for name, mask in case.masks.items():
                masks[name].update(content(mask))
        return pictures.hexdigest(), {name: digest.hexdigest() for name, digest in masks.items()}
