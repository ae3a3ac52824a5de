"""How Pillow is told to write a format: metadata, and coding as near to the input's as it gets."""

from typing import Any

from PIL import Image, PngImagePlugin

from .formats import Format
from .metadata import STORAGE_TAGS, Metadata

_BEST = 95


def pillow_options(
    target: Format, mode: str, metadata: Metadata, quality: int | None
) -> dict[str, Any]:
    """Return how Pillow is told to write samples of `mode` with this metadata."""
    options: dict[str, Any] = {}
    if "icc" in target.kept and metadata.icc:
        options["icc_profile"] = metadata.icc
    if "dpi" in target.kept and metadata.dpi:
        options["dpi"] = metadata.dpi
    if target.name == "TIFF":
        return options | _tiff(metadata)
    if "exif" in target.kept and metadata.exif:
        options["exif"] = metadata.exif
    if target.name == "PNG":
        return options | {"pnginfo": _png(metadata)}
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
        return options if mode == "L" else options | {"subsampling": "4:4:4"}
    return options


def _png(metadata: Metadata) -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    for name, body in metadata.colour_chunks:
        info.add(name, body)
    for key, text in metadata.text:
        info.add_text(key, text)
    if metadata.xmp:
        info.add_itxt("XML:com.adobe.xmp", metadata.xmp)
    return info


def _tiff(metadata: Metadata) -> dict[str, Any]:
    exif = Image.Exif()
    if metadata.exif:
        exif.load(metadata.exif)
    for tag in STORAGE_TAGS & exif.keys():  # of the file that it came from
        del exif[tag]
    if metadata.xmp:
        exif[700] = metadata.xmp
    return {"exif": exif}


def _jpeg(metadata: Metadata, mode: str, quality: int | None) -> dict[str, Any]:
    """As the input was coded, or else as near to exact as JPEG gets in reasonable size."""
    options: dict[str, Any] = {"comment": metadata.comment} if metadata.comment else {}
    if metadata.jpeg:
        return options | metadata.jpeg.options(mode, quality)
    return options | {"quality": _BEST if quality is None else quality, "subsampling": 0}
