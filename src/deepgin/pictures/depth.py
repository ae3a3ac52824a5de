"""Samples of more than 8 bit that Pillow cuts: noticed, and read in full from PNG and TIFF.

Pillow unpacks a 16-bit sample as its higher or its lower byte, as the raw mode says: decoding the
same file once with each gives the whole sample.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, TiffImagePlugin

from .formats.tiff import extra_channels
from .modes import UnkeptSamples, with_hidden
from .opening import content_of, open_image

_HIGHER_FIRST = {"B": "BL", "L": "LB", "N": "LB" if sys.byteorder == "little" else "BL"}
_HEAD = 1 << 16
# How a plane is laid out: width, height, compression, bit order, orientation, rows of a strip,
# predictor, size of tiles.
_LAYOUT = (256, 257, 259, 266, 274, 278, 317, 322, 323)
_STRIPS, _TILES = (273, 279), (324, 325)


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


def key_white(image: Image.Image) -> int:
    """Return the full value of the one transparent grey of a PNG that is not yet loaded.

    Pillow scales greys of 2 and 4 bit to 8, but not this one.
    """
    return {"L;2": 3, "L;4": 15}.get(next((args[0] for _, args in _tiles(image)), ""), 255)


def cut_by_decoder(image: Image.Image) -> tuple[str, ...]:
    """Say it if the file, not yet loaded, has more bits or channels than its decoder gives."""
    if extra := extra_channels(image) or _has_unread_alpha(image):
        what = "an extra channel" if extra == 1 else f"{extra} extra channels"
        return (f"it has {what} that cannot be kept",)
    bits = int(image.info.get("bit_depth", 8)) if image.format == "HEIF" else 8
    fp = getattr(image, "fp", None)
    if image.format in ("AVIF", "JPEG2000") and fp and not image.mode.startswith("I"):
        bits = _bits_in(content_of(image)[:_HEAD])
    return (f"its {bits}-bit samples are read as 8 bit",) if bits > 8 else ()


def _has_unread_alpha(image: Any) -> bool:
    """Return whether a BMP, not yet loaded, has a mask of alpha that its decoder leaves out."""
    if image.format != "BMP" or image.mode == "RGBA" or not getattr(image, "fp", None):
        return False
    head = content_of(image)[14:70].ljust(56, b"\0")
    size, compression, alpha = (int.from_bytes(head[i : i + 4], "little") for i in (0, 16, 52))
    return size >= 56 and compression == 3 and alpha > 0


def _bits_in(head: bytes) -> int:
    """Return the bits a sample that the start of an AVIF or JPEG 2000 file tells of, else 8."""
    if (box := head.find(b"av1C")) >= 0 and len(head) > box + 6:
        flags = head[box + 6]
        return 8 if not flags & 0x40 else 12 if flags & 0x20 else 10
    if (size := head.find(b"\xff\x4f\xff\x51")) >= 0 and len(head) > size + 42:
        return (head[size + 42] & 0x7F) + 1
    return 8


def deep_samples(image: Image.Image) -> np.ndarray:
    """Decode a narrowed PNG or TIFF in full: uint16, H x W x 2 (grey and alpha), 3 or 4.

    A single transparent colour becomes alpha; a channel of no known use is left out.

    Raises:
        UnkeptSamples: samples laid out in a way that is not read here.
    """
    raw = {args[0] for _, args in _tiles(image)}
    tags = getattr(image, "tag_v2", {})
    if raw == {"LA;16B"} and image.format == "PNG":
        # Four bytes a pixel, taken as they stand.
        four = _decoded(image, "RGBA").astype(np.uint16)
        samples = four[..., 0::2] << 8 | four[..., 1::2]
    elif image.mode in ("RGB", "RGBA") and tags.get(284) == 2 and 1 not in tags.get(338, ()):
        samples = _planes(image)
    else:
        mode, _, order = next(iter(raw), "").partition(";16")
        if len(raw) != 1 or mode not in ("RGB", "RGBA", "RGBX") or order not in _HIGHER_FIRST:
            what = f"{image.mode} samples of more than 8 bit cannot be kept"
            mend = "8-bit CMYK or 16-bit RGB" if image.mode == "CMYK" else "16-bit PNG"
            raise UnkeptSamples(f"its {what}: save it as {mend}")
        higher, lower = (
            _decoded(image, f"{mode};16{o}").astype(np.uint16) for o in _HIGHER_FIRST[order]
        )
        samples = higher << 8 | lower
    hidden = image.info.get("transparency")
    if isinstance(hidden, tuple) and samples.shape[2] == 3:
        samples = with_hidden(samples, hidden)
    return samples


def _planes(image: Any) -> np.ndarray:
    """Decode a 16-bit TIFF whose channels stand one after the other: uint16, H x W x channels.

    Pillow takes their samples for bytes, so each is given to it as a grey picture of its own.
    """
    content, tags = content_of(image), image.tag_v2
    starts, lengths = _STRIPS if _STRIPS[0] in tags else _TILES
    channels = len(image.getbands())
    parts = len(tags[starts]) // tags[277]
    planes = []
    for first in range(0, channels * parts, parts):
        one = TiffImagePlugin.ImageFileDirectory_v2(content[: 16 if content[2] == 43 else 8])
        for tag in _LAYOUT:
            if tag in tags:
                one[tag] = tags[tag]
        one[258], one[277], one[262] = 16, 1, 1
        one.tagtype[starts] = one.tagtype[lengths] = 4
        one[starts] = tags[starts][first : first + parts]
        if lengths in tags:
            one[lengths] = tags[lengths][first : first + parts]
        # The content follows the tags. Their writer moves strips by that itself, but not tiles.
        if starts == _TILES[0]:
            moved = one.save(BytesIO())
            one[starts] = tuple(start + moved for start in one[starts])
        file = BytesIO()
        one.save(file)
        file.write(content)
        planes.append(np.asarray(open_image(file)).astype(np.uint16))
    return np.stack(planes, axis=2)


def _tiles(image: Image.Image) -> Iterator[tuple[str, tuple]]:
    for tile in getattr(image, "tile", ()):
        args = tile.args if isinstance(tile.args, tuple) else (tile.args,)
        yield tile.codec_name, args or ("",)


def _decoded(image: Any, raw: str) -> np.ndarray:
    """Decode an opened picture's file from its start, its samples unpacked as `raw`."""
    again: Any = open_image(BytesIO(content_of(image)))
    again.tile = [
        tile._replace(args=(raw, *tile.args[1:]) if isinstance(tile.args, tuple) else raw)
        for tile in again.tile
    ]
    return np.array(again)
