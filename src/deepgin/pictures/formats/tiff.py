"""Reading what Pillow leaves out of TIFF: tags as stored bytes, unusual samples and channels."""

import ctypes
import struct
import warnings
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import IO, Any, Literal, NamedTuple

import numpy as np
from PIL import Image, TiffImagePlugin, _imaging

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
"""Bytes of one number of each of TIFF's types."""

# What says how a TIFF's pixels are stored: the writer's business. Its profile and XMP are read
# apart; tags of thumbnails, previews and Photoshop's own state would show what was removed.
STORAGE_TAGS = {
    *(*range(254, 260), 262, 263, 264, 265, 266, 273, *range(277, 285), *range(288, 294), 296),
    *(301, *range(317, 326), 330, 332, 333, 334, *range(336, 348), *range(512, 516)),
    *(*range(517, 522), *range(529, 533), 700, 34377, 34675, 37724),
}
IPTC_TAG, _PHOTOSHOP_TAG = 33723, 34377
_EXIF, _GPS, _INTEROPERABILITY = 34665, 34853, 40965
_BIG, _LONG8 = b"+", 16  # BigTIFF's mark, and its type of eight bytes
_LETTERS = {3: "H", 4: "I", 5: "I"}
_ENDIAN: dict[str, Literal["little", "big"]] = {"<": "little", ">": "big"}
_COLOURS = {0: "grey", 1: "grey", 2: "RGB", 3: "palette", 5: "CMYK", 6: "YCbCr", 8: "Lab"}
_KINDS = {2: "signed ", 3: "floating-point "}


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


def exif_and_iptc(file: IO[bytes]) -> tuple[bytes, bytes]:
    """Return a TIFF's EXIF with the values as the file has them, and its IPTC.

    Pillow decodes the tags, which changes text and moves makers' notes. IPTC may be within
    Photoshop's resources.
    """
    file.seek(0)
    head = file.read(8)
    head += file.read(8) if head[2:3] == _BIG else b""
    order = "<" if head[:2] == b"II" else ">"
    block = bytearray((b"II*\0" if order == "<" else b"MM\0*") + bytes(4))

    def add(tags: dict[int, Tag]) -> int:
        at = len(block)
        block.extend(laid(order, tags, at))
        return at

    def keep(tags: dict[int, Tag], link: int, *inner: int) -> None:
        """Lay out the folder that the tag `link` points at, and those in it."""
        if link in tags:
            data = tags.pop(link).data
            folder = _tags_at(file, head, order, int.from_bytes(data, _ENDIAN[order]))
            for further in inner:
                keep(folder, further)
            if folder:
                tags[link] = numbers(order, 4, add(folder))

    root = _tags_at(file, head, order, TiffImagePlugin.ImageFileDirectory_v2(head).next)
    iptc = root.pop(IPTC_TAG, None) or root.get(_PHOTOSHOP_TAG)
    root = {tag: value for tag, value in root.items() if tag not in STORAGE_TAGS}
    keep(root, _EXIF, _INTEROPERABILITY)
    keep(root, _GPS)
    struct.pack_into(order + "I", block, 4, add(root))
    return bytes(block) if root else b"", iptc.data if iptc else b""


def _tags_at(file: IO[bytes], head: bytes, order: str, at: int) -> dict[int, Tag]:
    """Return a folder's tags; what is eight bytes long only in a BigTIFF becomes four."""
    folder = TiffImagePlugin.ImageFileDirectory_v2(head)
    file.seek(at)
    folder.load(file)
    tags = {}
    for tag, data in folder._tagdata.items():
        kind = folder.tagtype[tag]
        if kind == _LONG8:
            kind, data = numbers(order, 4, *struct.unpack(f"{order}{len(data) // 8}Q", data))
        if kind in SIZES:
            tags[tag] = Tag(kind, data)
    return tags


@cache
def silence_libtiff() -> None:
    """Keep libtiff from printing what it finds wrong: the exception of Pillow says enough."""
    # Builds that hide these functions go on printing.
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(_imaging.__file__)
        library.TIFFSetErrorHandler(None)
        library.TIFFSetWarningHandler(None)


def load(image: Image.Image) -> None:
    """Decode an opened image.

    Pillow maps some TIFF files that were opened by path, and exchanges the sides of turned ones.
    """
    silence_libtiff()
    name = getattr(image, "filename", None)
    try:
        if image.format == "TIFF" and name:
            image.filename = ""  # type: ignore[attr-defined]
        image.load()
    finally:
        if name:
            image.filename = name  # type: ignore[attr-defined]


def unread_tiff(file: IO[bytes]) -> str:
    """Return why an open file is not read if it is TIFF; else an empty string."""
    file.seek(0)
    head = file.read(16)
    if head[:4] not in TiffImagePlugin.PREFIXES:
        return ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tags = TiffImagePlugin.ImageFileDirectory_v2(head if head[2:3] == _BIG else head[:8])
            file.seek(tags.next)
            tags.load(file)
            bits = max(tags[258])
            kind = _KINDS.get(max(tags.get(339, (1,))), "")
            colours = _COLOURS.get(tags[262], "unusual")
            channels, packing = tags.get(277, 1), tags.get(259, 1)
    except (SyntaxError, ValueError, KeyError, TypeError, struct.error, OSError):
        return "is damaged or truncated: its tags cannot be read"
    unknown = "" if packing in TiffImagePlugin.COMPRESSION_INFO else f" of compression {packing}"
    return (
        f"is a TIFF of {channels} x {bits}-bit {kind}samples ({colours}){unknown}, which is not "
        "read here: save it as PNG of 8 or 16 bit"
    )


def extra_channels(image: Image.Image) -> int:
    """Return how many channels an opened TIFF has beyond those that Pillow reads."""
    tags: Any = getattr(image, "tag_v2", {})
    count = tags.get(277, 1)
    return max(count - len(image.getbands()), 0) if isinstance(count, int) else 0


def meant_grey(image: Image.Image, samples: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return 16-bit grey with white at the top, and whether that is 65535 for sure.

    Pillow leaves 12 bit unscaled, and 0 for white where the file has it so. `image` is loaded;
    `samples` are uint16, H x W.
    """
    tags: Any = getattr(image, "tag_v2", {})
    twelve, negative = tags.get(258) == (12,), tags.get(262) == 0
    if twelve:
        samples = samples << 4 | samples >> 8
    return 65535 - samples if negative else samples, twelve or negative
