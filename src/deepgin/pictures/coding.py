"""Options for Pillow's writers: metadata, and coding close to the input's."""

from typing import Any

from PIL import PngImagePlugin

from .exif import ExifAsItIs
from .formats import Format
from .iptc import jpeg_segments, png_text
from .metadata import Metadata
from .png import LIGHT
from .xmp import split_xmp

_BEST = 95
_LONGEST_XMP = 65533 - 29  # what one segment of a JPEG takes, less the name at its head


def pillow_options(
    target: Format, mode: str, metadata: Metadata, quality: int | None
) -> dict[str, Any]:
    """Return how Pillow is told to write samples of `mode` with this metadata."""
    options: dict[str, Any] = {}
    if "icc" in target.kept and metadata.icc:
        options["icc_profile"] = metadata.icc
    if "dpi" in target.kept and metadata.dpi:
        options["dpi"] = metadata.dpi
    if "aspect" in target.kept and metadata.aspect:
        options["aspect"] = metadata.aspect
    if target.name == "TIFF":
        return options | {part: getattr(metadata, part) for part in ("exif", "xmp", "iptc")}
    if "exif" in target.kept and metadata.exif:
        # Pillow takes the orientation out of an AVIF's EXIF and lays the rest out again.
        options["exif"] = ExifAsItIs(metadata.exif) if target.name == "AVIF" else metadata.exif
    if target.name == "PNG":
        return options | {"pnginfo": _png(metadata)} | _chunks(metadata)
    if "xmp" in target.kept and metadata.xmp:
        options["xmp"] = metadata.xmp
    if target.name == "JPEG":
        return options | _jpeg(metadata, mode, quality)
    if target.name == "WEBP":
        # Exact: colours under alpha 0 are kept as well.
        rated = {"lossless": True} if quality is None else {"quality": quality}
        return options | rated | {"exact": True}
    if target.name in ("AVIF", "HEIF"):
        options |= {"quality": _BEST if quality is None else quality}
        if metadata.codes:
            primaries, transfer = metadata.codes
            options |= {"color_primaries": primaries, "transfer_characteristics": transfer}
        return options if mode == "L" else options | {"subsampling": "4:4:4"}
    return options


def _chunks(metadata: Metadata) -> dict[str, Any]:
    """Return what `write_png` is told, since Pillow does not write it."""
    told = tuple(chunk for chunk in metadata.colour_chunks if chunk[0] in LIGHT)
    return {"chunks": told} if told else {}


def _png(metadata: Metadata) -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    for name, body in metadata.colour_chunks:
        info.add(name, body)  # Pillow passes over those of light
    for key, text in metadata.text:
        info.add_text(key, text)
    if metadata.comment:
        info.add_text("Comment", _text(metadata.comment))
    if metadata.iptc:
        info.add_text(*png_text(metadata.iptc))
    if metadata.xmp:
        info.add_itxt("XML:com.adobe.xmp", metadata.xmp)
    return info


def _text(comment: bytes) -> str:
    """Return a comment, which may be of any encoding, as text without zeros."""
    comment = comment.replace(b"\0", b"")
    try:
        return comment.decode()
    except UnicodeDecodeError:
        return comment.decode("latin-1")


def _jpeg(metadata: Metadata, mode: str, quality: int | None) -> dict[str, Any]:
    """As the input was coded, or else as near to exact as JPEG gets in reasonable size."""
    options: dict[str, Any] = {"comment": metadata.comment} if metadata.comment else {}
    if metadata.iptc:
        options["extra"] = jpeg_segments(metadata.iptc)
    if len(metadata.xmp) > _LONGEST_XMP:
        options["xmp"], segments = split_xmp(metadata.xmp)
        options["extra"] = options.get("extra", b"") + segments
    if metadata.jpeg:
        return options | metadata.jpeg.options(mode, quality)
    return options | {"quality": _BEST if quality is None else quality, "subsampling": 0}
