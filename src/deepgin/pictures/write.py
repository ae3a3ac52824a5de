"""Writing a picture file whole or not at all, coded close to the input."""

import struct
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image, PngImagePlugin

from ..errors import DeepginError
from ..files import whole_file
from .formats import Format, format_named
from .formats.jpeg import JpegCoding
from .formats.jpeg_blocks import write_kept_blocks
from .formats.png import LIGHT, write_png
from .formats.tiff_writing import write_tiff
from .metadata import Metadata
from .metadata.exif import ExifAsItIs
from .metadata.iptc import jpeg_segments, png_text
from .metadata.xmp import split_xmp
from .modes import image_of
from .opening import heif_readable

_BEST = 95  # as near to exact as a lossy format gets in reasonable size
_LONGEST_XMP = 65533 - 29  # what one segment of a JPEG takes, less the name at its head
# What Pillow raises for what a format cannot hold, beside OSError.
_REFUSED = (ValueError, KeyError, TypeError, RuntimeError, OverflowError, struct.error)


def check_target(path: str | Path) -> Path:
    """Return `path` if a picture can be written under that name.

    Raises:
        UsageError: its ending names no format that is written.
        DeepginError: its format needs what is not installed.
    """
    path = Path(path)
    _check_writer(format_named(path), path)
    return path


def _check_writer(target: Format, path: Path) -> None:
    if target.name == "HEIF":
        if not heif_readable():
            raise DeepginError(f"{path} is HEIC", mend="pip install 'deepgin[heif]' writes it")
        if "HEIF" not in Image.SAVE:
            problem = f"{path}: this build of pillow-heif only reads HEIC"
            raise DeepginError(problem, mend="name a .png")


def pillow_options(
    target: Format, mode: str, metadata: Metadata, quality: int | None
) -> dict[str, Any]:
    """Return Pillow's options for samples of `mode` with this metadata, and a few of our own."""
    options: dict[str, Any] = {}
    for part, name in (("icc", "icc_profile"), ("dpi", "dpi"), ("aspect", "aspect")):
        if part in target.kept and (value := getattr(metadata, part)):
            options[name] = value
    if target.name == "TIFF":
        return options | {part: getattr(metadata, part) for part in ("exif", "xmp", "iptc")}
    if "exif" in target.kept and metadata.exif:
        # Pillow takes the orientation out of an AVIF's EXIF and lays the rest out again.
        options["exif"] = ExifAsItIs(metadata.exif) if target.name == "AVIF" else metadata.exif
    if target.name == "PNG":
        ours = tuple(chunk for chunk in metadata.colour_chunks if chunk[0] in LIGHT)
        return options | {"pnginfo": _png(metadata)} | ({"chunks": ours} if ours else {})
    if "xmp" in target.kept and metadata.xmp:
        options["xmp"] = metadata.xmp
    if target.name == "JPEG":
        return options | _jpeg(metadata, mode, quality)
    if target.name == "WEBP":
        # Exact: colours under alpha 0 are kept as well.
        rated = {"lossless": True} if quality is None else {"quality": quality}
        return options | rated | {"exact": True}
    if target.name in ("AVIF", "HEIF"):
        options["quality"] = _BEST if quality is None else quality
        if metadata.codes:
            primaries, transfer = metadata.codes
            options |= {"color_primaries": primaries, "transfer_characteristics": transfer}
        if mode != "L":
            options["subsampling"] = "4:4:4"
    return options


def _png(metadata: Metadata) -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    for name, body in metadata.colour_chunks:
        info.add(name, body)  # Pillow passes over those of light
    for key, text in metadata.text:
        info.add_text(key, text)
    if comment := metadata.comment.replace(b"\0", b""):
        try:
            info.add_text("Comment", comment.decode())
        except UnicodeDecodeError:
            info.add_text("Comment", comment.decode("latin-1"))
    if metadata.iptc:
        info.add_text(*png_text(metadata.iptc))
    if metadata.xmp:
        info.add_itxt("XML:com.adobe.xmp", metadata.xmp)
    return info


def _jpeg(metadata: Metadata, mode: str, quality: int | None) -> dict[str, Any]:
    """As the input was coded, or else as near to exact as is reasonable."""
    options: dict[str, Any] = {"comment": metadata.comment} if metadata.comment else {}
    if metadata.iptc:
        options["extra"] = jpeg_segments(metadata.iptc)
    if len(metadata.xmp) > _LONGEST_XMP:
        options["xmp"], segments = split_xmp(metadata.xmp)
        options["extra"] = options.get("extra", b"") + segments
    if metadata.jpeg:
        return options | metadata.jpeg.options(mode, quality)
    return options | {"quality": _BEST if quality is None else quality, "subsampling": 0}


def write_samples(
    pixels: np.ndarray,
    mode: str,
    path: Path,
    target: Format,
    options: dict[str, Any],
    *,
    overwrite: bool,
    original: JpegCoding | None,
) -> bool:
    """Write samples of a mode that `target` holds, with `pillow_options`; see `Document.save`.

    Returns:
        Whether the blocks of `original`, a JPEG, were kept where no sample differs.
    """
    _check_writer(target, path)
    with whole_file(path, overwrite=overwrite) as temporary:
        try:
            kept = bool(original and write_kept_blocks(temporary, pixels, mode, options, original))
            if not kept and target.name == "TIFF":
                with open(temporary, "wb") as file:
                    write_tiff(file, pixels, mode, options)
            elif not kept and target.name == "PNG":
                with open(temporary, "wb") as file:
                    write_png(file, pixels, options)
            elif not kept:
                image_of(pixels, mode).save(temporary, target.name, **options)
            if options.keys() & {"aspect", "color_primaries"}:
                with open(temporary, "r+b") as file:
                    _put_in(file, options)
        except _REFUSED as error:
            raise DeepginError(f"{path} cannot be written: {error}") from error
    return kept


def _put_in(file: IO[bytes], options: dict[str, Any]) -> None:
    """Put in the numbers that Pillow does not write: of pixel aspect (JPEG) or colours (AVIF)."""
    content = file.read()
    if "aspect" in options and content[6:10] == b"JFIF":
        file.seek(13)
        file.write(struct.pack(">BHH", 0, *options["aspect"]))
    colours = content.find(b"colrnclx")
    if "color_primaries" in options and content[4:12] == b"ftypavif" and colours > 0:
        codes = options["color_primaries"], options["transfer_characteristics"]
        file.seek(colours + 8)
        file.write(struct.pack(">HH", *codes))
