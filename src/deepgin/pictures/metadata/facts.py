"""What a file says beside its first picture, read before Pillow decodes that and forgets it."""

import re
import struct
from contextlib import suppress
from dataclasses import dataclass, field

from PIL import Image, JpegImagePlugin

from ..formats import boxes, png, tiff
from ..opening import content_of
from .icc import like_srgb
from .previews import jpeg_end
from .xmp import DEPTH, GAIN_MAP, PICTURE, VIDEO

_FEW = 16  # bytes that a camera may leave behind a picture
_GAIN_MAP_ID = b"urn:iso:std:iso:ts:21496"
_SIGNS = (
    (GAIN_MAP, re.compile(rb"hdr-gain-map|HDRGainMap|" + _GAIN_MAP_ID)),
    (VIDEO, re.compile(rb"ftyp[0-9A-Za-z ]{4}")),
    (DEPTH, re.compile(rb"(?i)depth_?map|auxiliary:depth|disparity")),
)
_AUXILIARY = {"gainmap": GAIN_MAP, "depth": DEPTH, "disparity": DEPTH, "": "auxiliary picture"}


@dataclass(frozen=True)
class Facts:
    """What only a file that is not yet decoded says.

    Attributes:
        exif: of a TIFF or AVIF, its values as they were; None if they were not looked at.
        iptc: of a TIFF, perhaps in Photoshop's resources.
        parts: names of parts that are not kept.
        rest: what else follows a JPEG's picture; not to be named where parts of it have names.
        shown: what is to be seen of the stored pixels: left, top, right, bottom; None is all.
        codes: see `Metadata`.
        chunks: of a PNG, its texts among them, or what has their place elsewhere.
        jpeg: the file itself, of a JPEG.
    """

    exif: bytes | None = None
    iptc: bytes = b""
    parts: frozenset[str] = frozenset()
    rest: str = ""
    shown: tuple[int, int, int, int] | None = None
    codes: tuple[int, int] | None = None
    chunks: tuple[png.Chunk, ...] = ()
    jpeg: bytes = field(default=b"", repr=False)


def facts_of(image: Image.Image) -> Facts:
    """Return the facts of an opened image; none if it is decoded already."""
    file = getattr(image, "fp", None)
    if file is None or file.closed:
        return Facts(codes=_nclx(image) if image.format == "HEIF" else None)
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        return _of_jpeg(content_of(image), image)
    if image.format in ("AVIF", "HEIF"):
        return _of_boxes(content_of(image), image)
    at = file.tell()
    try:
        if image.format == "TIFF":
            return Facts(*tiff.exif_and_iptc(file))
        if image.format == "PNG":
            chunks = png.named_chunks(file)
            cicp = dict(chunks).get(b"cICP", b"")
            return Facts(chunks=chunks, codes=(cicp[0], cicp[1]) if len(cicp) == 4 else None)
    except (OSError, ValueError, KeyError, TypeError, struct.error):
        pass  # damaged: whoever reads it next says so
    finally:
        file.seek(at)
    return Facts()


def _of_jpeg(content: bytes, image: JpegImagePlugin.JpegImageFile) -> Facts:
    end, clean = jpeg_end(content, 2, len(content))
    tail = content[end:].strip(b"\0\xff\xd9\r\n\t ") if clean else b""
    parts = {part for part, sign in _SIGNS if sign.search(tail)}
    if any(name == "APP2" and body.startswith(_GAIN_MAP_ID) for name, body in image.applist):
        parts.add(GAIN_MAP)
    rest = ""
    # That there are several pictures has been said of what Pillow takes for several.
    if len(tail) >= _FEW and getattr(image, "n_frames", 1) == 1:
        rest = PICTURE if b"\xff\xd8\xff" in content[end:] else "data behind the picture"
    return Facts(parts=frozenset(parts), rest=rest, jpeg=content)


def _of_boxes(content: bytes, image: Image.Image) -> Facts:
    parts = set()
    with suppress(struct.error):
        outer = dict(boxes.boxes(content))
        if b"tmap" in outer.get(b"ftyp", b"")[:256]:
            parts.add(GAIN_MAP)
        if b"mpvd" in outer:
            parts.add(VIDEO)
    for kind in image.info.get("aux") or ():
        parts.add(next(part for sign, part in _AUXILIARY.items() if sign in kind))
    if image.info.get("depth_images"):
        parts.add(DEPTH)
    if image.format == "HEIF":
        return Facts(parts=frozenset(parts), codes=_nclx(image))
    exif = None
    with suppress(AttributeError, IndexError):
        # Pillow lays EXIF out again, which moves makers' notes.
        exif = image._decoder.get_info()[4] or b""  # type: ignore[attr-defined]
    held = boxes.properties(content)
    return Facts(
        exif=exif,
        parts=frozenset(parts),
        shown=boxes.clean_aperture(held, image.size),
        codes=_unusual(boxes.codes(held)),
        chunks=boxes.light(held),
    )


def _nclx(image: Image.Image) -> tuple[int, int] | None:
    nclx = image.info.get("nclx_profile")
    return _unusual((nclx["color_primaries"], nclx["transfer_characteristics"])) if nclx else None


def _unusual(codes: tuple[int, int] | None) -> tuple[int, int] | None:
    return None if like_srgb(codes) else codes
