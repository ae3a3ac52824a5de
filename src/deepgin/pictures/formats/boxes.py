"""Boxes of AVIF and HEIC files that Pillow leaves out."""

import struct
from collections.abc import Iterator

Property = tuple[bytes, bytes]


def boxes(data: bytes) -> Iterator[Property]:
    """Give kinds and bodies of the boxes that stand one after the other.

    Raises:
        struct.error: damaged.
    """
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        start = at + 8
        if size == 1:
            size, start = struct.unpack_from(">Q", data, start)[0], at + 16
        end = at + size if size else len(data)
        if end < start:
            return
        yield kind, data[start:end]
        at = end


def properties(content: bytes) -> list[Property]:
    """Return the kinds and bodies of the primary picture's properties; none if damaged."""
    try:
        meta = dict(boxes(dict(boxes(content))[b"meta"][4:]))
        primary = _number(meta[b"pitm"], 4, wide=meta[b"pitm"][0] > 0)
        inner = list(boxes(meta[b"iprp"]))
        held = list(boxes(dict(inner)[b"ipco"]))
        indices = [i for kind, body in inner if kind == b"ipma" for i in _of_item(body, primary)]
        return [held[i - 1] for i in indices if i]
    except (KeyError, IndexError, struct.error):
        return []


def _of_item(body: bytes, item: int) -> list[int]:
    """Return an item's indices into the properties, from an `ipma` box."""
    wide, long = body[0] > 0, bool(body[3] & 1)
    indices: list[int] = []
    at = 8
    for _ in range(_number(body, 4, wide=True)):
        this = _number(body, at, wide=wide)
        at += 4 if wide else 2
        count, at = body[at], at + 1
        for _ in range(count):
            index = _number(body, at, wide=False) & 0x7FFF if long else body[at] & 0x7F
            at += 2 if long else 1
            if this == item:
                indices.append(index)
    return indices


def _number(data: bytes, at: int, *, wide: bool) -> int:
    return int(struct.unpack_from(">I" if wide else ">H", data, at)[0])


def codes(held: list[Property]) -> tuple[int, int] | None:
    """Return the codes of primaries and transfer (ITU-T H.273), if the picture goes by them."""
    kinds = {body[:4]: body for kind, body in held if kind == b"colr"}
    # A profile says more.
    if b"prof" in kinds or b"rICC" in kinds or len(kinds.get(b"nclx", b"")) < 8:
        return None
    primaries, transfer = struct.unpack_from(">HH", kinds[b"nclx"], 4)
    return primaries, transfer


def light(held: list[Property]) -> tuple[Property, ...]:
    """Return what is said of the display of an HDR picture, as chunks of PNG."""
    bodies, chunks = dict(held), []
    if len(display := bodies.get(b"mdcv", b"")) == 24:
        # Here green and blue come before red.
        chunks.append((b"mDCV", display[8:12] + display[:8] + display[12:]))
    if len(levels := bodies.get(b"clli", b"")) == 4:
        most, mean = struct.unpack(">HH", levels)
        chunks.append((b"cLLI", struct.pack(">II", most * 10000, mean * 10000)))
    return tuple(chunks)


def clean_aperture(held: list[Property], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return what is to be shown of the stored picture: left, top, right, bottom."""
    body = dict(held).get(b"clap", b"")
    numbers = struct.unpack(">4IiIiI", body[:32]) if len(body) >= 32 else (0,) * 8
    if not all(numbers[1::2]):
        return 0, 0, *size
    # The last two say how far its centre is from the picture's.
    width, height, right, down = (numbers[i] / numbers[i + 1] for i in range(0, 8, 2))
    left, top = (size[0] - width) / 2 + right, (size[1] - height) / 2 + down
    box = (round(left), round(top), round(left + width), round(top + height))
    inside = 0 <= box[0] < box[2] <= size[0] and 0 <= box[1] < box[3] <= size[1]
    return box if inside else (0, 0, *size)
