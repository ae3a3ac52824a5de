"""The chunks of a PNG file. Pillow gives only some of them."""

import struct
from contextlib import suppress
from io import BytesIO
from typing import IO

from PIL import PngImagePlugin

# Of the display that an HDR picture was made on; their first drafts end in small letters.
LIGHT = (b"mDCV", b"mDCv", b"cLLI", b"cLLi")
_COLOURS = (b"cICP", *LIGHT, b"sBIT", b"gAMA", b"cHRM", b"sRGB")
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_LONGEST = 64

Chunk = tuple[bytes, bytes]


def told_chunks(file: IO[bytes]) -> tuple[Chunk, ...]:
    """Return the chunks of an open PNG that tell of colours, and its texts; the position stays."""
    before, found = file.tell(), []
    end = file.seek(0, 2)
    file.seek(8)
    while len(head := file.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        if length > end:
            break  # damaged
        if name in _TEXTS or (name in _COLOURS and length <= _LONGEST):
            found.append((name, file.read(length)))
            length = 0
        file.seek(length + 4, 1)
    file.seek(before)
    return tuple(found)


def colour_chunks(chunks: tuple[Chunk, ...]) -> tuple[Chunk, ...]:
    """Return those that tell of colours, each name once."""
    return tuple({name: (name, body) for name, body in chunks if name in _COLOURS}.values())


def texts(chunks: tuple[Chunk, ...]) -> tuple[tuple[str, str], ...]:
    """Return keys and texts in the file's order, repeated keys too; damaged ones are left out."""
    found: list[tuple[str, str]] = []
    stream = PngImagePlugin.PngStream(BytesIO())
    for name, body in chunks:
        if name in _TEXTS:
            stream.fp = BytesIO(body)
            with suppress(SyntaxError, UnicodeError):
                getattr(stream, f"chunk_{name.decode()}")(0, len(body))
            found += stream.im_text.items()
            stream.im_text.clear()
    return tuple(found)
