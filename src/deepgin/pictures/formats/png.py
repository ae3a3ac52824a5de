"""PNG beyond Pillow: colour chunks, texts, and 16-bit colour."""

import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from typing import IO, Any

import numpy as np
from PIL import Image, PngImagePlugin

# Of the display that an HDR picture was made on; their first drafts end in small letters.
LIGHT = (b"mDCV", b"mDCv", b"cLLI", b"cLLi")
_COLOURS = (b"cICP", *LIGHT, b"sBIT", b"gAMA", b"cHRM", b"sRGB")
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_LONGEST = 64

Chunk = tuple[bytes, bytes]


def named_chunks(file: IO[bytes]) -> tuple[Chunk, ...]:
    """Return the chunks of an open PNG that are of colours, and its texts."""
    chunks = []
    end = file.seek(0, 2)
    file.seek(8)
    while len(head := file.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        if length > end:
            break  # damaged
        if name in _TEXTS or (name in _COLOURS and length <= _LONGEST):
            chunks.append((name, file.read(length)))
            length = 0
        file.seek(length + 4, 1)
    return tuple(chunks)


def colour_chunks(chunks: tuple[Chunk, ...]) -> tuple[Chunk, ...]:
    """Return those of colours, each name once."""
    return tuple({name: (name, body) for name, body in chunks if name in _COLOURS}.values())


def texts(chunks: tuple[Chunk, ...]) -> tuple[tuple[str, str], ...]:
    """Return keys and texts in the file's order, repeated keys too; damaged ones are left out."""
    pairs: list[tuple[str, str]] = []
    stream = PngImagePlugin.PngStream(BytesIO())
    for name, body in chunks:
        if name in _TEXTS:
            stream.fp = BytesIO(body)
            with suppress(SyntaxError, UnicodeError):
                getattr(stream, f"chunk_{name.decode()}")(0, len(body))
            pairs += stream.im_text.items()
            stream.im_text.clear()
    return tuple(pairs)


_ROWS = 256
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def write_png(file: IO[bytes], pixels: np.ndarray, options: dict[str, Any]) -> None:
    """Write samples, uint8 or uint16, H x W or H x W x C, as PNG.

    Options are Pillow's, and `aspect` (see `Metadata`) and `chunks`: names and bodies of what comes
    before the samples.
    """
    options = dict(options)
    before = [*options.pop("chunks", ())]
    if aspect := options.pop("aspect", None):
        before.append((b"pHYs", struct.pack(">IIB", *aspect, 0)))
    deep = pixels.dtype == np.uint16 and pixels.ndim == 3
    height, width = pixels.shape[:2]
    # Pillow does not write 16-bit colour: one pixel of 8 bit gives the other chunks.
    image = Image.fromarray(pixels[:1, :1].astype(np.uint8) if deep else pixels)
    file.write(_SIGNATURE)
    for name, body, _ in PngImagePlugin.getchunks(image, **options):
        if deep and name == b"IHDR":
            body = struct.pack(">IIB", width, height, 16) + body[9:]
        if deep and name == b"IDAT":
            for part in _deflated(pixels):
                _chunk(file, b"IDAT", part)
        else:
            _chunk(file, name, body)
        if name == b"IHDR":
            for ours in before:
                _chunk(file, *ours)


def _chunk(file: IO[bytes], name: bytes, body: bytes) -> None:
    file.write(struct.pack(">I", len(body)) + name + body)
    file.write(struct.pack(">I", zlib.crc32(name + body)))


def _deflated(pixels: np.ndarray) -> Iterator[bytes]:
    packer = zlib.compressobj()
    for top in range(0, len(pixels), _ROWS):
        # Each band stands below the last row of the band above, the first below zeros.
        band = pixels[max(top - 1, 0) : top + _ROWS]
        yield packer.compress(_paeth(band if top else np.pad(band, ((1, 0), (0, 0), (0, 0)))))
    yield packer.flush()


def _paeth(band: np.ndarray) -> bytes:
    """Filter a band's rows (but its first) as PNG's type 4: each byte less the likeliest of three."""
    size = 2 * band.shape[2]
    # To int16, since sums and differences of bytes leave a byte.
    rows = band.astype(">u2").reshape(len(band), -1).view(np.uint8).astype(np.int16)
    rows = np.pad(rows, ((0, 0), (size, 0)))
    here, above = rows[1:, size:], rows[:-1, size:]
    left, corner = rows[1:, :-size], rows[:-1, :-size]
    to_left, to_above, to_corner = above - corner, left - corner, left + above - 2 * corner
    by_left, by_above, by_corner = abs(to_left), abs(to_above), abs(to_corner)
    likeliest = np.where(
        (by_left <= by_above) & (by_left <= by_corner),
        left,
        np.where(by_above <= by_corner, above, corner),
    )
    filtered = np.empty((len(here), here.shape[1] + 1), np.uint8)
    filtered[:, 0] = 4
    filtered[:, 1:] = (here - likeliest) & 255
    return filtered.tobytes()
