"""EXIF made true in place: upright, without previews. All other bytes stay where they are.

Rewriting a whole EXIF block moves what camera makers' notes point at; changing bytes in place does
not.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from PIL import Image

from ..formats.tiff import SIZES, Tag
from .previews import blank_jpegs

_PREFIX = b"Exif\0\0"
_ORIENTATION, _EXIF_FOLDER, _PICTURES = 0x0112, 0x8769, 0x014A
_FOLDERS = (_EXIF_FOLDER, 0x8825, 0xA005, _PICTURES)
_SIZES = ((0x0100, 0x0101), (0xA002, 0xA003))  # width and height, of the two folders
# Where a thumbnail's bytes are, and how many: as JPEG, as strips, or as tiles.
_THUMBNAILS = ((0x0201, 0x0202), (0x0111, 0x0117), (0x0144, 0x0145))
# XMP and Photoshop's blocks have thumbnails of their own, and no place in EXIF.
_FOREIGN = (700, 34377, 37724)
_MOST_STRIPS, _MOST_FOLDERS = 1024, 64
_LETTERS = {3: "H", 4: "I"}  # by the type of whole numbers


def true_exif(exif: bytes, *, upright: bool = True, sideways: bool = False) -> bytes:
    """Return an EXIF block without previews and, if `upright`, with orientation 1.

    The pixels were turned by a quarter if `sideways`: width and height change places.

    Raises:
        ValueError: the block is damaged.
    """
    block = _block(exif)
    try:
        if bytes(block.content[:4]) not in (b"II*\0", b"MM\0*"):
            raise ValueError("damaged EXIF: no TIFF header")
        first = block.number("I", 4)
        entries = block.entries(first)
        if upright and _ORIENTATION in entries:
            entry = entries[_ORIENTATION]
            if letter := _LETTERS.get(block.number("H", entry + 2)):
                struct.pack_into(block.order + letter, block.content, entry + 8, 1)
        if sideways:
            block.swap(entries, *_SIZES[0])
            if _EXIF_FOLDER in entries:
                block.swap(block.entries(block.values(entries[_EXIF_FOLDER])[0]), *_SIZES[1])
        folders = list(block.folders(first))
        values = [entry for folder in folders for entry in block.entries(folder).values()]
        areas = [area for entry in values if (area := block.area(entry))]
        for tag in _FOREIGN:
            if tag in entries and (area := block.area(entries[tag])):
                block.content[slice(*area)] = bytes(area[1] - area[0])
        block.drop_thumbnails(first)
        blank_jpegs(block.content, areas, folders)
    except (struct.error, IndexError) as error:
        raise ValueError(f"damaged EXIF: {error}") from error
    return _PREFIX + bytes(block.content)


def exif_of_size(exif: bytes, size: tuple[int, int]) -> bytes:
    """Return a block that `true_exif` returned, with another width and height where it has them."""
    if not exif:
        return b""
    block = _block(exif)
    first = block.entries(block.number("I", 4))
    folders = [first]
    with suppress(struct.error, ValueError, KeyError):  # its second folder may be damaged
        folders.append(block.entries(block.values(first[_EXIF_FOLDER])[0]))
    for entries, tags in zip(folders, _SIZES, strict=False):
        for tag, side in zip(tags, size, strict=True):
            if tag in entries:
                long = struct.pack(f"{block.order}HII", 4, 1, side)
                block.content[entries[tag] + 2 : entries[tag] + 12] = long
    return _PREFIX + bytes(block.content)


def tags_in(exif: bytes) -> dict[int, Tag]:
    """Return the tags of the first folder of an EXIF block that `true_exif` returned."""
    block = _block(exif)
    tags = {}
    for tag, entry in block.entries(block.number("I", 4)).items():
        if area := block.area(entry):
            tags[tag] = Tag(block.number("H", entry + 2), bytes(block.content[slice(*area)]))
    return tags


class ExifAsItIs(Image.Exif):
    """EXIF that Pillow writes byte by byte, less the orientation if Pillow has taken that out."""

    def __init__(self, exif: bytes) -> None:
        """Take a block that `true_exif` returned."""
        super().__init__()
        self.load(exif)
        self._block = exif

    def tobytes(self, offset: int = 8) -> bytes:
        """Return the block."""
        if _ORIENTATION in self:
            return self._block
        block = _block(self._block)
        block.drop(block.number("I", 4), _ORIENTATION)
        return _PREFIX + bytes(block.content)


def _block(exif: bytes) -> "_Block":
    return _Block(bytearray(exif.removeprefix(_PREFIX)))


@dataclass
class _Block:
    """A TIFF block, and its numbers in its own byte order."""

    content: bytearray

    def number(self, kind: str, at: int) -> int:
        value: int = struct.unpack_from(self.order + kind, self.content, at)[0]
        return value

    def entries(self, at: int) -> dict[int, int]:
        """Return where each tag's entry of 12 bytes is, in the folder at `at`."""
        starts = [at + 2 + 12 * i for i in range(self.number("H", at))]
        return {self.number("H", start): start for start in starts}

    def swap(self, entries: dict[int, int], one: int, other: int) -> None:
        """Exchange the types and values of two entries."""
        if one in entries and other in entries:
            a, b = (slice(entries[tag] + 2, entries[tag] + 12) for tag in (one, other))
            self.content[a], self.content[b] = self.content[b], self.content[a]

    def drop(self, folder: int, tag: int) -> None:
        """Take an entry out of a folder; the entries after it and the link move up."""
        entries = self.entries(folder)
        if tag in entries:
            entry, end = entries[tag], folder + 2 + 12 * len(entries) + 4
            self.content[entry:end] = self.content[entry + 12 : end] + bytes(12)
            struct.pack_into(self.order + "H", self.content, folder, len(entries) - 1)

    def area(self, entry: int) -> tuple[int, int] | None:
        """Return start and end of an entry's value, or None if it is not in the block."""
        width = SIZES.get(self.number("H", entry + 2), 0) * self.number("I", entry + 4)
        start = entry + 8 if width <= 4 else self.number("I", entry + 8)
        return (start, start + width) if width and start + width <= len(self.content) else None

    def folders(self, first: int) -> Iterator[int]:
        """Give the offset of every folder that can be reached from `first`, and read."""
        ahead, seen = [first], {0}
        while ahead and len(seen) <= _MOST_FOLDERS:
            folder = ahead.pop(0)
            if folder in seen:
                continue
            seen.add(folder)
            try:
                entries = self.entries(folder)
                ahead += [self.link(folder)]
                for tag in entries.keys() & set(_FOLDERS):
                    ahead += self.values(entries[tag])
            except (struct.error, ValueError):
                continue
            yield folder

    def link(self, folder: int) -> int:
        """Return the offset of the next folder, or 0."""
        at = folder + 2 + 12 * self.number("H", folder)
        # Some writers leave the link out, where nothing follows.
        return self.number("I", at) if at + 4 <= len(self.content) else 0

    def drop_thumbnails(self, first: int) -> None:
        """Unlink the folder after the first and blank what such folders show: the old picture."""
        at, entries = first + 2 + 12 * self.number("H", first), self.entries(first)
        heads = [self.link(first)]
        if _PICTURES in entries:
            heads += self.values(entries[_PICTURES])
        if heads[0]:
            struct.pack_into(self.order + "I", self.content, at, 0)
            self.entries(heads[0])  # a thumbnail that cannot be found cannot be blanked
        for head in filter(None, heads):
            for folder in self.folders(head):
                self._blank_pixels(self.entries(folder))

    def _blank_pixels(self, entries: dict[int, int]) -> None:
        for offset, length in _THUMBNAILS:
            if offset in entries and length in entries:
                # Several strips: their offsets and lengths stand elsewhere, one after the other.
                starts, sizes = self.values(entries[offset]), self.values(entries[length])
                for start, size in zip(starts, sizes, strict=False):
                    if start + size >= len(self.content):
                        del self.content[start:]
                    else:
                        self.content[start : start + size] = bytes(size)

    def values(self, entry: int) -> list[int]:
        """Return an entry's whole numbers."""
        letter = _LETTERS.get(self.number("H", entry + 2), "I")
        width, count = struct.calcsize(letter), self.number("I", entry + 4)
        if count > _MOST_STRIPS:
            raise ValueError("damaged EXIF: a thumbnail of so many strips")
        at = entry + 8 if width * count <= 4 else self.number("I", entry + 8)
        return [self.number(letter, at + width * i) for i in range(count)]

    @property
    def order(self) -> str:
        return "<" if self.content[:2] == b"II" else ">"
