"""The tags of TIFF folders as stored bytes: read and laid out again."""

import struct
from collections.abc import Mapping
from typing import NamedTuple

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_LETTERS = {3: "H", 4: "I", 5: "I"}


class Tag(NamedTuple):
    """One tag.

    Attributes:
        kind: the type of its numbers, as TIFF counts types.
        data: them as the file has them, in the file's byte order.
    """

    kind: int
    data: bytes


def numbers(order: str, kind: int, *values: int) -> Tag:
    """Return a tag of whole numbers (kind 3 or 4), or of rationals (5) in pairs."""
    return Tag(kind, struct.pack(f"{order}{len(values)}{_LETTERS[kind]}", *values))


def laid(order: str, tags: Mapping[int, Tag], at: int) -> bytes:
    """Return a folder that is to stand at offset `at`; values that are too long follow it.

    Raises:
        struct.error: it would end past 4 GiB.
    """
    entries, behind = struct.pack(order + "H", len(tags)), b""
    end = at + 2 + 12 * len(tags) + 4
    for tag, (kind, data) in sorted(tags.items()):
        entries += struct.pack(order + "HHI", tag, kind, len(data) // SIZES[kind])
        if len(data) <= 4:
            entries += data.ljust(4, b"\0")
        else:
            entries += struct.pack(order + "I", end + len(behind))
            behind += data + bytes(len(data) % 2)
    return entries + bytes(4) + behind
