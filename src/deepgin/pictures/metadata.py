"""What a picture file says beside its pixels: read once, made true, given to what is written."""

import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from PIL import ExifTags, Image, PngImagePlugin

from .exif import true_exif
from .jpeg import JpegCoding, jpeg_coding
from .xmp import true_xmp

# What says how a TIFF's pixels are stored: the writer's business. Its profile and XMP are read
# apart; tags of thumbnails, previews and Photoshop's own state would show what was removed.
STORAGE_TAGS = {
    *(254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 274, 277, 278, 279, 280, 281),
    *(284, 288, 289, 290, 291, 292, 293, 296, 282, 283, 301, 317, 318, 319, 320, 321, 322, 323),
    *(324, 325, 330, 332, 333, 334, 336, 337, 338, 339, 340, 341, 342, 343, 344, 345, 346, 347),
    *(512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532, 700, 34377, 34675, 37724),
}
_X_RESOLUTION = 282
_XMP_TEXT = "XML:com.adobe.xmp"
# ImageMagick's ways of putting EXIF, XMP and profiles into PNG text.
_RAW_PROFILE = "Raw profile type "


@dataclass(frozen=True)
class Metadata:
    """Everything but pixels that is kept.

    Attributes:
        exif, xmp, icc: the blocks as files hold them; empty if there are none.
        dpi: dots per inch, across and down.
        text: PNG's texts, by key.
        comment: a JPEG's comment.
        colour_chunks: what a PNG says of its colours beside the ICC profile.
        jpeg: how a JPEG was coded.
    """

    exif: bytes = b""
    xmp: bytes = b""
    icc: bytes = b""
    dpi: tuple[float, float] | None = None
    text: tuple[tuple[str, str], ...] = ()
    comment: bytes = b""
    colour_chunks: tuple[tuple[bytes, bytes], ...] = ()
    jpeg: JpegCoding | None = None


def orientation_of(image: Image.Image) -> int:
    """Return an opened picture's EXIF orientation, 1 to 8; 1 where it says nothing sensible."""
    # Damaged EXIF says nothing of the orientation; the pixels are as good as ever.
    with suppress(SyntaxError, ValueError, KeyError, TypeError, struct.error, OSError):
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
        return orientation if orientation in range(1, 9) else 1
    return 1


def metadata_of(
    image: Image.Image, orientation: int = 1, file: bytes = b""
) -> tuple[Metadata, tuple[str, ...]]:
    """Return what a loaded picture says beside its pixels, and what could not be kept.

    Args:
        image: loaded: a PNG's later texts are known only then.
        orientation: what the pixels are turned by; 0 leaves the orientation as it is.
        file: a JPEG's file, whose blocks may be kept; see `jpeg_file`.
    """
    info, sideways = image.info, orientation >= 5
    exif = b""
    notes: tuple[str, ...] = ()
    try:
        raw = _exif(image)
        if raw:
            exif = true_exif(raw, upright=orientation > 0, sideways=sideways)
    except (ValueError, SyntaxError, KeyError, TypeError, struct.error, OSError, AttributeError):
        notes = ("its damaged EXIF is not kept",)
    jpeg = jpeg_coding(image, orientation, file)
    dpi = _dpi(image)
    return Metadata(
        exif=exif,
        xmp=true_xmp(_bytes(info.get("xmp") or info.get(_XMP_TEXT)), upright=orientation > 0),
        icc=_bytes(info.get("icc_profile")),
        dpi=dpi[::-1] if dpi and sideways else dpi,
        text=_texts(image),
        comment=_bytes(info.get("comment")) if jpeg else b"",
        colour_chunks=_colour_chunks(info) if image.format == "PNG" else (),
        jpeg=jpeg,
    ), notes


def _bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    return value if isinstance(value, bytes) else b""


def _exif(image: Image.Image) -> bytes:
    if image.format != "TIFF":
        raw = _bytes(image.info.get("exif"))
        told = image.info.keys() & {f"{_RAW_PROFILE}exif", f"{_RAW_PROFILE}APP1"}
        return raw if raw or not told else image.getexif().tobytes()
    own, kept = image.getexif(), Image.Exif()
    for tag, value in own.items():
        if tag in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
            kept.get_ifd(tag).update(own.get_ifd(tag))
        elif tag not in STORAGE_TAGS:
            kept[tag] = value
    return kept.tobytes() if len(kept) or kept._ifds else b""


def _dpi(image: Image.Image) -> tuple[float, float] | None:
    told = image.format not in ("JPEG", "MPO", "TIFF") or image.info.get("jfif_unit") in (1, 2)
    # Without either, Pillow makes up a resolution.
    if not told and _X_RESOLUTION not in image.getexif():
        return None
    try:
        across, down = (float(number) for number in image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, down) if 0 < across < 1e6 and 0 < down < 1e6 else None


def _texts(image: Image.Image) -> tuple[tuple[str, str], ...]:
    texts = getattr(image, "text", None) if isinstance(image, PngImagePlugin.PngImageFile) else None
    return tuple(
        (key, text)
        for key, text in (texts or {}).items()
        if key != _XMP_TEXT and not key.startswith(_RAW_PROFILE)
    )


def _colour_chunks(info: dict[Any, Any]) -> tuple[tuple[bytes, bytes], ...]:
    chunks = []
    if "gamma" in info:
        chunks.append((b"gAMA", struct.pack(">I", round(info["gamma"] * 100000))))
    if "chromaticity" in info:
        values = [round(value * 100000) for value in info["chromaticity"]]
        chunks.append((b"cHRM", struct.pack(f">{len(values)}I", *values)))
    if "srgb" in info:
        chunks.append((b"sRGB", bytes([info["srgb"]])))
    return tuple(chunks)
