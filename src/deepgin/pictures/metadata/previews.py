"""JPEG streams inside other bytes: where they end, and blanking them in place."""

import re
import struct
from collections.abc import Sequence

# A JPEG's start and its first marker. Some cameras damage the first byte of their previews.
_START = re.compile(rb"\xd8\xff[\xc0-\xc7\xc9-\xcf\xdb\xdd\xe0-\xef\xfe\xff]")
_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_START_OF_SCAN, _END = 0xDA, 0xD9
_ALONE = {0x01, *range(0xD0, 0xD8)}  # markers without a length
# A maker note's own offsets count from the block's start, or from somewhere in the note's head.
_LONGEST_HEAD = 32
_BYTES, _LONG = (1, 7), 4


def jpeg_end(content: bytes | bytearray, start: int, limit: int) -> tuple[int, bool]:
    """Return where a JPEG ends and True, or where it breaks off and False.

    `start` is that of its first marker, behind the two bytes that every JPEG starts with; no byte
    from `limit` on belongs to it.
    """
    at = start
    while at + 2 <= limit and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == _END:
            return at + 2, True
        if marker == 0xFF:
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker < 0xC0 or marker == 0xD8 or at + 4 > limit:
            break
        else:
            at += 2 + max(int.from_bytes(content[at + 2 : at + 4], "big"), 2)
            if marker == _START_OF_SCAN:
                if not (following := _MARKER_IN_SCAN.search(content, at, limit)):
                    return limit, False
                at = following.start()
    return min(at, limit), False


def blank_jpegs(
    content: bytearray, areas: Sequence[tuple[int, int]] = (), barriers: Sequence[int] = ()
) -> None:
    """Overwrite every JPEG in `content` with zeros; no other byte moves or changes.

    A JPEG without a proper end is blanked as far as a pointer to it says, else to the next JPEG
    or to the end of what it stands in: one of `areas`, start and end of values. It reaches over
    none of `barriers`, offsets of folders.
    """
    at = 0
    while jpeg := _START.search(content, at):
        at = jpeg.start() + 1
        whole = at >= 2 and content[at - 2] == 0xFF
        start = at - 2 if whole else at - 1
        limit = min([len(content), *(barrier for barrier in barriers if barrier > start)])
        end, clean = jpeg_end(content, at, limit)
        if not clean and not whole:
            continue
        if not clean:
            end = _end_by_pointer(content, start, end, limit, areas)
        content[start:end] = bytes(end - start)
        at = end


def _end_by_pointer(
    content: bytearray, start: int, broken: int, limit: int, areas: Sequence[tuple[int, int]]
) -> int:
    """Return where a JPEG without a proper end may reach to."""
    around = [area for area in areas if area[0] <= start < area[1]]
    behind = [area[0] for area in areas if area[0] > start]
    first, last = min(
        around, key=lambda area: area[1] - area[0], default=(0, min(behind, default=len(content)))
    )
    last = min(last, limit)
    length = _length_in(bytes(content[first:start]), start, first)
    if length and start + length <= last:
        return start + length
    return broken if _START.match(content, broken + 1) and broken < last else last


def _length_in(note: bytes, start: int, first: int) -> int:
    """Return the length that a tag of the maker's note, from `first`, gives a preview, or 0."""
    for base in (0, *range(first, first + _LONGEST_HEAD + 1)):
        if start < base:
            break
        for order in "<>":
            pointer = struct.pack(order + "I", start - base)
            at = note.find(pointer, 8)
            while at >= 0:
                # An entry: tag, type, count, offset. Or one of an offset, then one of a length.
                kind, count = struct.unpack_from(order + "HI", note, at - 6)
                if kind in _BYTES and count > 4:
                    return int(count)
                if (kind, count) == (_LONG, 1) and at + 16 <= len(note):
                    kind, count, length = struct.unpack_from(order + "HII", note, at + 6)
                    if (kind, count) == (_LONG, 1) and length:
                        return int(length)
                at = note.find(pointer, at + 1)
    return 0
