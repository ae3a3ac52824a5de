"""Picture files made by hand, for several tests."""

import io
import random
import struct
import zlib

import numpy as np
from PIL import ExifTags, Image

# How the stored pixels are turned upright, by EXIF's own definition of its numbers.
UPRIGHT = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a, 1),
}


def exif_of(orientation):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return exif


def jpeg_of_noise(seed, **options):
    """A small JPEG, such as cameras put into other blocks."""
    file = io.BytesIO()
    noise = Image.frombytes("L", (16, 16), random.Random(seed).randbytes(256))
    noise.save(file, "JPEG", **options)
    return file.getvalue()


PREVIEW = jpeg_of_noise(1)


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def whole_png(head, rows, *chunks):
    """A PNG of the fields of its head, its rows with their filters, and chunks before them."""
    body = chunk(b"IHDR", struct.pack(">IIBBBBB", *head, 0, 0, 0))
    body += b"".join(chunk(*one) for one in chunks)
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def deep_png(pixels, *chunks):
    """A 16-bit PNG, which Pillow cannot write; H x W x 1 to 4."""
    height, width, channels = pixels.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    return whole_png((width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels]), rows, *chunks)


def png_with(image, *chunks, **options):
    """A PNG with chunks before its samples."""
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    content = file.getvalue()
    return content[:33] + b"".join(chunk(*one) for one in chunks) + content[33:]


def chunks_of(path):
    content, at, chunks = path.read_bytes(), 8, []
    while at < len(content):
        length, name = struct.unpack_from(">I4s", content, at)
        chunks.append((name, content[at + 8 : at + 8 + length]))
        at += length + 12
    return chunks
