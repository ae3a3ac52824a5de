"""Writing PNG of 16-bit colour, which Pillow does not. Its metadata is written by Pillow."""

import struct
import zlib
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import IO, Any

import numpy as np
from PIL import Image

_COLOUR_TYPES = {2: 4, 3: 2, 4: 6}
_MODES = {2: "LA", 3: "RGB", 4: "RGBA"}
_ROWS = 256


def write_png(file: IO[bytes], pixels: np.ndarray, options: dict[str, Any]) -> None:
    """Write uint16 samples, H x W x C, as PNG with the metadata that Pillow writes for `options`."""
    height, width, channels = pixels.shape
    around = BytesIO()
    Image.new(_MODES[channels], (1, 1)).save(around, "PNG", **options)
    content, at, written = around.getvalue(), 8, False
    file.write(content[:8])
    while at < len(content):
        length, name = struct.unpack_from(">I4s", content, at)
        body = content[at + 8 : at + 8 + length]
        at += length + 12
        if name == b"IHDR":
            body = struct.pack(">IIBB", width, height, 16, _COLOUR_TYPES[channels]) + body[10:]
        if name != b"IDAT":
            _chunk(file, name, body)
        elif not written:
            written = True
            for part in _deflated(map(_paeth, _bands(pixels))):
                _chunk(file, b"IDAT", part)


def _chunk(file: IO[bytes], name: bytes, body: bytes) -> None:
    file.write(struct.pack(">I", len(body)) + name + body)
    file.write(struct.pack(">I", zlib.crc32(name + body)))


def _bands(pixels: np.ndarray) -> Iterator[np.ndarray]:
    """Give bands of rows, each below the last row of the band above (zeros above the first)."""
    for top in range(0, len(pixels), _ROWS):
        band = pixels[max(top - 1, 0) : top + _ROWS]
        yield band if top else np.pad(band, ((1, 0), (0, 0), (0, 0)))


def _paeth(band: np.ndarray) -> bytes:
    """Filter a band's rows (but its first) as PNG's type 4: each byte less the likeliest of three."""
    size = 2 * band.shape[2]
    # To int16, since sums and differences of bytes leave a byte.
    rows = band.astype(">u2").reshape(len(band), -1).view(np.uint8).astype(np.int16)
    rows = np.pad(rows, ((0, 0), (size, 0)))
    here, left, above, corner = (
        rows[1:, size:],
        rows[1:, :-size],
        rows[:-1, size:],
        rows[:-1, :-size],
    )
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


def _deflated(parts: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj()
    for part in parts:
        yield packer.compress(part)
    yield packer.flush()
