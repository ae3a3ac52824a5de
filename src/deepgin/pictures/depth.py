"""Samples of more than 8 bit that Pillow cuts: noticed, and read in full from PNG and TIFF.

Pillow unpacks a 16-bit sample as its higher or its lower byte, as the raw mode says: decoding the
same file once with each gives the whole sample.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from .modes import UnkeptSamples, with_hidden

_HIGHER_FIRST = {"B": "BL", "L": "LB", "N": "LB" if sys.byteorder == "little" else "BL"}
_HEAD = 1 << 16


def is_narrowed(image: Image.Image) -> bool:
    """Return whether Pillow cuts an opened, not yet loaded picture's samples to 8 bit."""
    if image.mode.startswith("I") or image.mode == "F":
        return False
    if image.format == "TIFF" and max(image.tag_v2.get(258, (8,))) > 8:  # type: ignore[attr-defined]
        return True
    return any(
        codec == "SGI16"
        or any(isinstance(arg, str) and ";16" in arg for arg in args)
        or (codec.startswith("ppm") and isinstance(args[-1], int) and args[-1] > 255)
        for codec, args in _tiles(image)
    )


def cut_by_decoder(image: Image.Image) -> tuple[str, ...]:
    """Say it if the file, not yet loaded, has more bits than its format's decoder gives."""
    bits = int(image.info.get("bit_depth", 8)) if image.format == "HEIF" else 8
    fp: Any = getattr(image, "fp", None)
    if image.format in ("AVIF", "JPEG2000") and fp and not image.mode.startswith("I"):
        at = fp.tell()
        fp.seek(0)
        bits = _bits_in(fp.read(_HEAD))
        fp.seek(at)
    return (f"its {bits}-bit samples are read as 8 bit",) if bits > 8 else ()


def _bits_in(head: bytes) -> int:
    """Return the bits a sample that the start of an AVIF or JPEG 2000 file tells of, else 8."""
    if (box := head.find(b"av1C")) >= 0 and len(head) > box + 6:
        flags = head[box + 6]
        return 8 if not flags & 0x40 else 12 if flags & 0x20 else 10
    if (size := head.find(b"\xff\x4f\xff\x51")) >= 0 and len(head) > size + 42:
        return (head[size + 42] & 0x7F) + 1
    return 8


def deep_samples(image: Image.Image) -> np.ndarray:
    """Decode a narrowed PNG or TIFF in full; `image` is left loaded, as Pillow reads it.

    Returns:
        uint16, H x W x 2 (grey and alpha), 3 or 4. A single transparent colour becomes alpha.

    Raises:
        UnkeptSamples: samples laid out in a way that is not read here.
    """
    raw = {args[0] for _, args in _tiles(image)}
    if raw == {"LA;16B"} and image.format == "PNG":
        # Four bytes a pixel, taken as they stand.
        four = _decoded(image, "RGBA").astype(np.uint16)
        samples = four[..., 0::2] << 8 | four[..., 1::2]
    else:
        mode, _, order = next(iter(raw), "").partition(";16")
        planes = image.format == "TIFF" and image.tag_v2.get(284, 1) != 1  # type: ignore[attr-defined]
        if len(raw) != 1 or mode not in ("RGB", "RGBA") or order not in _HIGHER_FIRST or planes:
            raise UnkeptSamples(
                "its samples of more than 8 bit cannot be kept: save it as 16-bit PNG"
            )
        higher, lower = (
            _decoded(image, f"{mode};16{o}").astype(np.uint16) for o in _HIGHER_FIRST[order]
        )
        samples = higher << 8 | lower
    hidden = image.info.get("transparency")
    if isinstance(hidden, tuple) and samples.shape[2] == 3:
        samples = with_hidden(samples, hidden)
    return samples


def _tiles(image: Image.Image) -> Iterator[tuple[str, tuple]]:
    for tile in getattr(image, "tile", ()):
        args = tile.args if isinstance(tile.args, tuple) else (tile.args,)
        yield tile.codec_name, args or ("",)


def _decoded(image: Any, raw: str) -> np.ndarray:
    """Decode an opened picture's file from its start, its samples unpacked as `raw`."""
    image.fp.seek(0)
    again: Any = Image.open(BytesIO(image.fp.read()), formats=[image.format])
    again.tile = [
        tile._replace(args=(raw, *tile.args[1:]) if isinstance(tile.args, tuple) else raw)
        for tile in again.tile
    ]
    return np.array(again)
