"""Parts of a file beside its first picture, read before that is decoded.

Pillow decodes the tags of a TIFF and lays an AVIF's EXIF out again, which changes text and moves
makers' notes; and of second pictures and videos it says nothing.
"""

import re
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any, Literal

from PIL import Image, JpegImagePlugin, TiffImagePlugin

from .previews import jpeg_end
from .tags import SIZES, Tag, laid, numbers
from .xmp import DEPTH, GAIN_MAP, PICTURE, VIDEO

# What says how a TIFF's pixels are stored: the writer's business. Its profile and XMP are read
# apart; tags of thumbnails, previews and Photoshop's own state would show what was removed.
STORAGE_TAGS = {
    *(254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 277, 278, 279, 280, 281),
    *(284, 288, 289, 290, 291, 292, 293, 296, 282, 283, 301, 317, 318, 319, 320, 321, 322, 323),
    *(324, 325, 330, 332, 333, 334, 336, 337, 338, 339, 340, 341, 342, 343, 344, 345, 346, 347),
    *(512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532, 700, 34377, 34675, 37724),
}
IPTC_TAG, _PHOTOSHOP_TAG = 33723, 34377
_EXIF, _GPS, _INTEROPERABILITY = 34665, 34853, 40965
_BIG, _LONG8 = b"+", 16  # BigTIFF's mark, and its type of eight bytes
_ENDIAN: dict[str, Literal["little", "big"]] = {"<": "little", ">": "big"}
_FEW = 16  # bytes that a camera may leave behind a picture
_AUXILIARY = "auxiliary picture"
_GAIN_MAP_ID = b"urn:iso:std:iso:ts:21496"
_SIGNS = (
    (GAIN_MAP, re.compile(rb"hdr-gain-map|HDRGainMap|" + _GAIN_MAP_ID)),
    (VIDEO, re.compile(rb"ftyp[0-9A-Za-z ]{4}")),
    (DEPTH, re.compile(rb"(?i)depth_?map|auxiliary:depth|disparity")),
)


@dataclass(frozen=True)
class Beside:
    """What `look_beside` found.

    Attributes:
        exif: the EXIF of a TIFF or AVIF, its values as they were; None if it was not looked at.
        iptc: a TIFF's IPTC, perhaps in Photoshop's resources.
        parts: names of parts that are not kept.
        rest: what else follows a JPEG's picture; not to be said where parts of it have names.
    """

    exif: bytes | None = None
    iptc: bytes = b""
    parts: frozenset[str] = frozenset()
    rest: frozenset[str] = frozenset()


def look_beside(image: Image.Image) -> Beside:
    """Return what an opened, not yet decoded picture's file holds beside the picture."""
    file: Any = getattr(image, "fp", None)
    if image.format not in ("TIFF", "JPEG", "MPO", "HEIF", "AVIF") or file is None:
        return Beside()
    at = file.tell()
    try:
        if image.format == "TIFF":
            return _of_tiff(file)
        file.seek(0)
        content = file.read()
    except (OSError, ValueError, KeyError, TypeError, struct.error):
        return Beside()  # damaged: whoever reads it next says so
    finally:
        file.seek(at)
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        return _behind(content, image)
    exif = None
    if image.format == "AVIF":
        with suppress(AttributeError, IndexError):
            exif = image._decoder.get_info()[4] or b""  # type: ignore[attr-defined]
    return Beside(exif, parts=_in_boxes(content, image.info))


def _behind(content: bytes, image: JpegImagePlugin.JpegImageFile) -> Beside:
    """Return the parts that follow the first picture of a JPEG file."""
    end, clean = jpeg_end(content, 2, len(content))
    tail = content[end:].strip(b"\0\xff\xd9\r\n\t ") if clean else b""
    parts = {part for part, sign in _SIGNS if sign.search(tail)}
    if any(name == "APP2" and body.startswith(_GAIN_MAP_ID) for name, body in image.applist):
        parts.add(GAIN_MAP)
    # That there are several pictures has been said of what Pillow takes for several.
    if len(tail) < _FEW or getattr(image, "n_frames", 1) > 1:
        return Beside(parts=frozenset(parts))
    rest = PICTURE if b"\xff\xd8\xff" in content[end:] else "data behind the picture"
    return Beside(parts=frozenset(parts), rest=frozenset([rest]))


def _in_boxes(content: bytes, info: dict[Any, Any]) -> frozenset[str]:
    """Return the parts of an AVIF or HEIC."""
    parts = set()
    boxes = list(_boxes(content))
    if any(b"tmap" in head for name, head in boxes if name == b"ftyp"):
        parts.add(GAIN_MAP)
    if any(name == b"mpvd" for name, _ in boxes):
        parts.add(VIDEO)
    for kind in info.get("aux") or ():
        known = {"gainmap": GAIN_MAP, "depth": DEPTH, "disparity": DEPTH}
        parts.add(next((part for sign, part in known.items() if sign in kind), _AUXILIARY))
    if info.get("depth_images"):
        parts.add(DEPTH)
    return frozenset(parts)


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(content):
        size, name = struct.unpack_from(">I4s", content, at)
        if size == 1 and at + 16 <= len(content):
            size = struct.unpack_from(">Q", content, at + 8)[0]
        yield name, content[at : at + min(size, 256)]
        if size < 8:
            break
        at += size


def _of_tiff(file: IO[bytes]) -> Beside:
    """Return a TIFF's EXIF with the values as the file has them, and its IPTC."""
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
            folder = _tags_at(file, head, int.from_bytes(data, _ENDIAN[order]))
            for further in inner:
                keep(folder, further)
            if folder:
                tags[link] = numbers(order, 4, add(folder))

    root = _tags_at(file, head, TiffImagePlugin.ImageFileDirectory_v2(head).next)
    iptc = root.pop(IPTC_TAG, None) or root.get(_PHOTOSHOP_TAG)
    root = {tag: value for tag, value in root.items() if tag not in STORAGE_TAGS}
    keep(root, _EXIF, _INTEROPERABILITY)
    keep(root, _GPS)
    struct.pack_into(order + "I", block, 4, add(root))
    return Beside(bytes(block) if root else b"", iptc.data if iptc else b"")


def _tags_at(file: IO[bytes], head: bytes, at: int) -> dict[int, Tag]:
    """Return a folder's tags; what is eight bytes long only in a BigTIFF becomes four."""
    folder = TiffImagePlugin.ImageFileDirectory_v2(head)
    file.seek(at)
    folder.load(file)
    tags = {}
    for tag, data in folder._tagdata.items():
        kind = folder.tagtype[tag]
        if kind == _LONG8:
            order = "<" if head[:2] == b"II" else ">"
            kind, wide = 4, struct.unpack(f"{order}{len(data) // 8}Q", data)
            data = struct.pack(f"{order}{len(wide)}I", *wide)
        if kind in SIZES:
            tags[tag] = Tag(kind, data)
    return tags
