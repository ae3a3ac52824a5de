"""Metadata of a picture file: read, corrected, and passed to the writer."""

import re
import struct
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from PIL import ExifTags, Image, JpegImagePlugin

from ..formats import png
from ..formats.jpeg import JpegCoding, jpeg_coding
from ..formats.tiff import STORAGE_TAGS
from .exif import exif_of_size, true_exif
from .facts import Facts
from .icc import matched
from .iptc import PHOTOSHOP, RAW_PROFILE, raw_profile, true_iptc
from .xmp import EXTENDED, true_xmp, xmp_of_size

_X_RESOLUTION, _RESOLUTION_UNIT = 282, 296
_XMP_TEXT = "XML:com.adobe.xmp"
_XMP_SEGMENT = b"http://ns.adobe.com/xap/1.0/\0"
_EXTENDED_ID = re.compile(rb"HasExtendedXMP\s*(?:=\s*['\"]|>)\s*([0-9A-Fa-f]{32})")
_DAMAGE = (SyntaxError, ValueError, KeyError, TypeError, struct.error, OSError)


@dataclass(frozen=True)
class Metadata:
    """Everything but pixels that is kept.

    Attributes:
        exif, xmp, icc: the blocks as files hold them; empty if there are none.
        dpi: dots per inch, across and down.
        text: PNG's texts, by key.
        comment: of a JPEG or GIF.
        iptc: captions and credits, as records.
        colour_chunks: what a PNG says of its colours beside profile and codes.
        codes: of primaries and transfer (ITU-T H.273), where colours go by them.
        aspect: how many pixels stand across and down, to a length that is not stated.
        jpeg: how a JPEG was coded.
    """

    exif: bytes = b""
    xmp: bytes = b""
    icc: bytes = b""
    dpi: tuple[float, float] | None = None
    text: tuple[tuple[str, str], ...] = ()
    comment: bytes = b""
    iptc: bytes = b""
    colour_chunks: tuple[png.Chunk, ...] = ()
    codes: tuple[int, int] | None = None
    aspect: tuple[int, int] | None = None
    jpeg: JpegCoding | None = None

    def extended(self, size: tuple[int, int], at: tuple[int, int]) -> "Metadata":
        """Return it for a larger picture, width and height, in which the old one stands `at`."""
        return replace(
            self,
            exif=exif_of_size(self.exif, size),
            xmp=xmp_of_size(self.xmp, size),
            jpeg=self.jpeg and self.jpeg.moved(*at),
        )


def orientation_of(image: Image.Image) -> int:
    """Return an opened picture's EXIF orientation, 1 to 8; 1 where it says nothing sensible."""
    # Damaged EXIF says nothing of the orientation; the pixels are as good as ever.
    with suppress(*_DAMAGE):
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
        return orientation if orientation in range(1, 9) else 1
    return 1


def metadata_of(
    image: Image.Image, facts: Facts, orientation: int, colours: int
) -> tuple[Metadata, tuple[str, ...]]:
    """Return what a loaded picture says beside its pixels, and notes of what could not be kept.

    Args:
        image: loaded: a PNG's later texts are known only then.
        facts: of its file, from before it was loaded.
        orientation: what the pixels are turned by; 0 leaves the orientation as it is.
        colours: how many its own samples have.
    """
    info, sideways = image.info, orientation >= 5
    notes: tuple[str, ...] = ()
    exif = xmp = b""
    parts = set(facts.parts)
    raw = _raw_profiles(info)
    try:
        if block := _exif(image, orientation, facts, raw):
            exif = true_exif(block, upright=orientation > 0, sideways=sideways)
    except (*_DAMAGE, AttributeError):
        notes = ("its damaged EXIF is not kept",)
    try:
        packet = _bytes(info.get("xmp") or info.get(_XMP_TEXT)) or raw.get("xmp", b"")
        extended = _extended_xmp(image, packet)
        xmp, named = true_xmp(packet, upright=orientation > 0, extended=extended)
        parts.update(named)
    except ValueError:
        notes += ("its damaged XMP is not kept",)
    if parts := parts or {facts.rest} - {""}:
        notes += (f"of its file, this is not kept: {', '.join(sorted(parts))}",)
    icc, changed = matched(_bytes(info.get("icc_profile")), colours)
    dpi, aspect = _dpi(image), _aspect(image)
    texts = png.texts(facts.chunks) if facts.chunks else getattr(image, "text", {}).items()
    return Metadata(
        exif=exif,
        xmp=xmp,
        icc=icc,
        dpi=dpi[::-1] if dpi and sideways else dpi,
        text=tuple(p for p in texts if p[0] != _XMP_TEXT and not p[0].startswith(RAW_PROFILE)),
        comment=_bytes(info.get("comment")) if image.format in ("JPEG", "MPO", "GIF") else b"",
        iptc=true_iptc(facts.iptc or _iptc(image, raw)),
        colour_chunks=png.colour_chunks(facts.chunks or _as_chunks(image)),
        codes=facts.codes,
        aspect=aspect[::-1] if aspect and sideways else aspect,
        jpeg=jpeg_coding(image, orientation, facts.jpeg),
    ), notes + changed


def _raw_profiles(info: dict[Any, Any]) -> dict[str, bytes]:
    """Return what ImageMagick put into PNG text: `exif`, `xmp`, `iptc`, ..."""
    raw = {
        key.removeprefix(RAW_PROFILE): raw_profile(text)
        for key, text in info.items()
        if isinstance(key, str) and key.startswith(RAW_PROFILE)
    }
    segment = raw.get("APP1", b"")
    kind = "xmp" if segment.startswith(_XMP_SEGMENT) else "exif"
    return {kind: segment.removeprefix(_XMP_SEGMENT)} | raw


def _extended_xmp(image: Image.Image, packet: bytes) -> bytes | None:
    """Return the XMP that a JPEG has in further segments: None if it has none, b"" if it is cut."""
    name = _EXTENDED_ID.search(packet)
    if not name or not isinstance(image, JpegImagePlugin.JpegImageFile):
        return None
    head = EXTENDED + name[1]
    parts = {
        struct.unpack_from(">II", body, len(head)): body[len(head) + 8 :]
        for kind, body in image.applist
        if kind == "APP1" and body.startswith(head) and len(body) > len(head) + 8
    }
    content = b""
    for (_, at), part in sorted(parts.items()):
        if at != len(content):
            return b""
        content += part
    return content if {total for total, _ in parts} == {len(content)} else b""


def _iptc(image: Image.Image, raw: dict[str, bytes]) -> bytes:
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        bodies = [body for name, body in image.applist if name == "APP13"]
        return b"".join(b.removeprefix(PHOTOSHOP) for b in bodies if b.startswith(PHOTOSHOP))
    return raw.get("iptc") or raw.get("8bim", b"")


def _bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    return value if isinstance(value, bytes) else b""


def _exif(image: Image.Image, orientation: int, facts: Facts, raw: dict[str, bytes]) -> bytes:
    # An AVIF has its orientation outside EXIF; what stays turned needs it in there.
    if facts.exif is not None and (image.format == "TIFF" or orientation):
        return facts.exif
    if image.format != "TIFF":
        return _bytes(image.info.get("exif")) or raw.get("exif", b"")
    own, kept = image.getexif(), Image.Exif()
    for tag, value in own.items():
        if tag in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
            kept.get_ifd(tag).update(own.get_ifd(tag))
        elif tag not in STORAGE_TAGS:
            kept[tag] = value
    return kept.tobytes() if len(kept) or kept._ifds else b""


def _dpi(image: Image.Image) -> tuple[float, float] | None:
    stated = image.format not in ("JPEG", "MPO", "TIFF") or image.info.get("jfif_unit") in (1, 2)
    # Without either, Pillow makes up a resolution.
    if not stated and _X_RESOLUTION not in image.getexif():
        return None
    try:
        across, down = (float(number) for number in image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, down) if 0 < across < 1e6 and 0 < down < 1e6 else None


def _aspect(image: Any) -> tuple[int, int] | None:
    pair = image.info.get("aspect")  # of PNG
    if image.info.get("jfif_unit") == 0:
        pair = image.info.get("jfif_density")
    if image.format == "TIFF" and image.tag_v2.get(_RESOLUTION_UNIT) == 1:
        pair = image.info.get("resolution")
    try:
        across, down = pair
        if not (isinstance(across, int) and isinstance(down, int)):
            ratio = Fraction(float(across) / float(down))
            across, down = ratio.limit_denominator(999).as_integer_ratio()
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return (across, down) if across > 0 and down > 0 and across != down else None


def _as_chunks(image: Image.Image) -> tuple[png.Chunk, ...]:
    """Return what Pillow read of the colours of a PNG that was decoded before it came here."""
    info, chunks = image.info if image.format == "PNG" else {}, []
    if "gamma" in info:
        chunks.append((b"gAMA", struct.pack(">I", round(info["gamma"] * 100000))))
    if "chromaticity" in info:
        values = [round(value * 100000) for value in info["chromaticity"]]
        chunks.append((b"cHRM", struct.pack(f">{len(values)}I", *values)))
    if "srgb" in info:
        chunks.append((b"sRGB", bytes([info["srgb"]])))
    return tuple(chunks)
