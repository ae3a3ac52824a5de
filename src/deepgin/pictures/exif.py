"""EXIF made true in place: upright, without its thumbnail. All other bytes stay where they are.

Rewriting a whole EXIF block moves what camera makers' notes point at; changing bytes in place does
not.
"""

import struct
from dataclasses import dataclass

_PREFIX = b"Exif\0\0"
_ORIENTATION, _EXIF_FOLDER = 0x0112, 0x8769
_SIZES = ((0x0100, 0x0101), (0xA002, 0xA003))  # width and height, of the two folders
# Where a thumbnail's bytes are, and how many: as JPEG, or as strips.
_THUMBNAILS = ((0x0201, 0x0202), (0x0111, 0x0117))
_MOST_STRIPS = 1024
_SHORT, _LONG = 3, 4


def true_exif(exif: bytes, *, upright: bool = True, sideways: bool = False) -> bytes:
    """Return an EXIF block without thumbnail and, if `upright`, with orientation 1.

    Args:
        exif: a TIFF header and its folders, with or without `Exif` and two zeros before it.
        upright: the pixels have been turned as the orientation said.
        sideways: they were turned by a quarter: width and height change places.

    Raises:
        ValueError: the block is damaged.
    """
    block = _Block(bytearray(exif.removeprefix(_PREFIX)))
    try:
        block.check()
        first = block.number("I", 4)
        entries = block.entries(first)
        if upright and _ORIENTATION in entries:
            block.set_value(entries[_ORIENTATION], 1)
        if sideways:
            block.swap(entries, *_SIZES[0])
            if _EXIF_FOLDER in entries:
                block.swap(block.entries(block.value(entries[_EXIF_FOLDER])), *_SIZES[1])
        block.drop_thumbnail(first)
    except (struct.error, IndexError) as error:
        raise ValueError(f"damaged EXIF: {error}") from error
    return _PREFIX + bytes(block.content)


@dataclass
class _Block:
    """A TIFF block, and its numbers in its own byte order."""

    content: bytearray

    def check(self) -> None:
        if bytes(self.content[:4]) not in (b"II*\0", b"MM\0*"):
            raise ValueError("damaged EXIF: no TIFF header")

    def number(self, kind: str, at: int) -> int:
        value: int = struct.unpack_from(self._order + kind, self.content, at)[0]
        return value

    def entries(self, at: int) -> dict[int, int]:
        """Return where each tag's entry of 12 bytes is, in the folder at `at`."""
        starts = [at + 2 + 12 * i for i in range(self.number("H", at))]
        return {self.number("H", start): start for start in starts}

    def value(self, entry: int) -> int:
        """Return an entry's one whole number."""
        return self.number("H" if self.number("H", entry + 2) == _SHORT else "I", entry + 8)

    def set_value(self, entry: int, value: int) -> None:
        kind = self.number("H", entry + 2)
        if kind in (_SHORT, _LONG):
            letter = "H" if kind == _SHORT else "I"
            struct.pack_into(self._order + letter, self.content, entry + 8, value)

    def swap(self, entries: dict[int, int], one: int, other: int) -> None:
        """Exchange the types and values of two entries."""
        if one in entries and other in entries:
            a, b = (slice(entries[tag] + 2, entries[tag] + 12) for tag in (one, other))
            self.content[a], self.content[b] = self.content[b], self.content[a]

    def drop_thumbnail(self, first: int) -> None:
        """Unlink the folder after the first and blank what it holds: it shows what was removed."""
        link = first + 2 + 12 * self.number("H", first)
        # Some writers leave the link out, where nothing follows.
        second = self.number("I", link) if link + 4 <= len(self.content) else 0
        if not second:
            return
        struct.pack_into(self._order + "I", self.content, link, 0)
        entries = self.entries(second)
        for offset, length in _THUMBNAILS:
            if offset in entries and length in entries:
                # Several strips: their offsets and lengths stand elsewhere, one after the other.
                for start, size in zip(
                    self.values(entries[offset]), self.values(entries[length]), strict=False
                ):
                    self._blank(start, size)

    def values(self, entry: int) -> list[int]:
        """Return an entry's whole numbers."""
        letter = "H" if self.number("H", entry + 2) == _SHORT else "I"
        width, count = struct.calcsize(letter), self.number("I", entry + 4)
        if count > _MOST_STRIPS:
            raise ValueError("damaged EXIF: a thumbnail of so many strips")
        at = entry + 8 if width * count <= 4 else self.number("I", entry + 8)
        return [self.number(letter, at + width * i) for i in range(count)]

    def _blank(self, start: int, size: int) -> None:
        end = min(start + size, len(self.content))
        if end == len(self.content):
            del self.content[start:]
        else:
            self.content[start:end] = bytes(max(end - start, 0))

    @property
    def _order(self) -> str:
        return "<" if self.content[:2] == b"II" else ">"
