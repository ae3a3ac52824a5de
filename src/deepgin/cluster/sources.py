"""Where a unit's pictures come from: a folder's files, or a tar's members. Nothing is decoded."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from ..inpainting.folders import shown
from .pairing import Names, is_shown_picture, pair
from .places import Place
from .request import Request
from .tars import Shard
from .units import Unit


class Source(Protocol):
    """A unit's pictures; files are fetched in several threads.

    Attributes:
        names: of pictures and masks.
        notes: what must be said of the unit.
    """

    names: Names
    notes: list[str]

    def picture(self, name: str, path: Path) -> Path:
        """Return a picture's file on this machine: its own, or `path`, to which it was copied."""
        ...

    def mask(self, name: str, path: Path) -> Path:
        """Return a mask's file, likewise."""
        ...


class _Folder:
    def __init__(self, unit: Unit, request: Request, one_mask: bool) -> None:
        self.names = Names([*unit.entries], [*unit.failed])
        self.notes: list[str] = []
        self._pictures = Place(request.source)
        apart = request.masks and not one_mask
        self._masks = Place(request.masks) if apart else self._pictures

    def picture(self, name: str, path: Path) -> Path:
        return at_hand(self._pictures.child(name), path)

    def mask(self, name: str, path: Path) -> Path:
        return at_hand(self._masks.child(name), path)


class _Members:
    def __init__(self, shard: Shard, one_mask: bool) -> None:
        self._shard = shard
        self.names = pair(shard.sizes.keys() - shard.double, one_for_all=one_mask)
        sized = (replace(e, bytes=shard.sizes[e.name]) for e in self.names.entries)
        self.names.entries = [*sized]
        for name in sorted(filter(is_shown_picture, shard.double)):
            self.names.failed.append((name, "two members of the shard have this name: keep one"))
        self.notes = [
            f"{shown(name)} is a mask without a picture" for name in self.names.lone_masks
        ]
        left_out = sum(not is_shown_picture(name) for name in shard.sizes)
        if left_out:
            self.notes.append(f"{left_out} members are no pictures: left out")

    def picture(self, name: str, path: Path) -> Path:
        self._shard.extract(name, path)
        return path

    mask = picture


@contextmanager
def source_of(unit: Unit, request: Request, one_mask: bool, scratch: Path) -> Iterator[Source]:
    """Open where a unit's pictures come from.

    Raises:
        DeepginError: the shard cannot be read.
    """
    if not unit.shard:
        yield _Folder(unit, request, one_mask)
        return
    place = Place(unit.shard)
    if place.local:
        place.info()  # says what is missing
    path = at_hand(place, scratch / "shard")
    try:
        with Shard(path, place.shown) as shard:
            yield _Members(shard, one_mask)
    finally:
        if not place.local:
            path.unlink()


def at_hand(place: Place, path: Path) -> Path:
    """Return a place's file on this machine: its own, or `path`, to which it is copied."""
    if place.local:
        return place.local
    place.fetch(path)
    return path
