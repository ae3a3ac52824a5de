"""Bringing a picture and its metadata to what a format holds, and saying what is lost."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import UsageError
from .formats import Format
from .formats.png import LIGHT
from .metadata import Metadata
from .metadata.icc import like_srgb, matched, of_chunks, of_codes
from .modes import colours_of, has_alpha, is_deep, narrowed, without_alpha
from .opening import LONGEST_TEXT

_BY_CODES = ("AVIF", "HEIF")
_PARTS = {
    "exif": "EXIF",
    "xmp": "XMP",
    "icc": "colour profile",
    "dpi": "resolution",
    "aspect": "pixel aspect",
    "text": "PNG text",
    "iptc": "IPTC",
    "comment": "comment",
}
# The longest blocks that readers of a format take: one segment of a JPEG.
_LONGEST = {
    ("JPEG", "exif"): (65533, "its EXIF is too long for JPEG"),
    ("JPEG", "comment"): (65533, "its comment is too long"),
    ("PNG", "icc"): (LONGEST_TEXT, "its colour profile is too long for PNG"),
    ("PNG", "xmp"): (LONGEST_TEXT, "its XMP is too long for PNG"),
}


def fitted(
    pixels: np.ndarray, mode: str, white: int, target: Format, path: Path
) -> tuple[np.ndarray, str, tuple[str, ...]]:
    """Return samples and mode that `target` holds, and a note of the change.

    Alpha that is full everywhere may go; a lossy format may make 8 bit of 16.

    Raises:
        UsageError: the format would lose more.
    """
    notes: tuple[str, ...] = ()
    if not target.mode_for(mode) and is_deep(mode) and target.lossy:
        pixels, mode = narrowed(pixels, mode, white)
        notes = (f"{target.name} holds 8 bit: the 16 of the picture are rounded",)
    opaque = has_alpha(mode) and pixels[..., -1].min() == (65535 if is_deep(mode) else 255)
    if opaque and not target.mode_for(mode):
        pixels, mode = without_alpha(pixels, mode)
    if not target.mode_for(mode):
        what = "CMYK" if mode == "CMYK" else "16 bit" if is_deep(mode) else "alpha"
        mend = "choose tif or jpg" if mode == "CMYK" else "choose png"
        raise UsageError(f"{path}: {target.name} holds no {what}", field="format", mend=mend)
    return pixels, mode, notes


def bounded(target: Format, metadata: Metadata) -> tuple[Metadata, tuple[str, ...]]:
    """Return metadata without the blocks that are too long for its readers, and notes of them."""
    notes: tuple[str, ...] = ()
    for (name, part), (longest, note) in _LONGEST.items():
        if target.name == name and len(getattr(metadata, part)) > longest:
            empty = {part: b""}
            metadata, notes = replace(metadata, **empty), (*notes, note)  # type: ignore[arg-type]
    return metadata, notes


def suited(
    metadata: Metadata, mode: str, target: Format
) -> tuple[Metadata, tuple[str, ...], list[str]]:
    """Return metadata with its colours stated as `target` can, notes, and what is lost.

    `mode` is that of the samples that are written.
    """
    icc, notes = matched(metadata.icc, colours_of(mode))
    codes, chunks = metadata.codes, dict(metadata.colour_chunks)
    if target.name == "PNG":
        if codes:
            chunks.setdefault(b"cICP", bytes([*codes, 0, 1]))
        if b"sBIT" in chunks:
            chunks[b"sBIT"] = _bits(chunks[b"sBIT"], mode)
        kept = tuple((name, body) for name, body in chunks.items() if body)
        return replace(metadata, icc=icc, colour_chunks=kept), notes, []
    lost = [name.decode() for name in chunks if name in LIGHT]
    if any(bits not in (8, 16) for bits in chunks.get(b"sBIT", b"")):
        lost.append("sBIT")
    if metadata.aspect and target.name == "JPEG" and mode == "CMYK":
        lost.append("pixel aspect")  # which stands in a header that JPEG of inks lacks
    made, what = b"", ""
    if codes and target.name not in _BY_CODES and not like_srgb(codes):
        made = b"" if icc else of_codes(codes, colours_of(mode))
        what = "colour codes (cICP or nclx)"
    elif not codes and not icc:
        made = of_chunks(metadata.colour_chunks, colours_of(mode))
        what = "gamma and primaries" if made else ""
    if made and "icc" in target.kept:
        icc = made
    elif what:
        lost.append(what)
    return replace(metadata, icc=icc, colour_chunks=()), notes, lost


def _bits(body: bytes, mode: str) -> bytes:
    """Return the significant bits of samples for a mode with or without alpha."""
    colours, full = colours_of(mode), 16 if is_deep(mode) else 8
    if len(body) not in (colours, colours + 1):
        return b""
    return body[:colours] + ((body[colours:] or bytes([full])) if has_alpha(mode) else b"")


def remarks(
    target: Format,
    mode: str,
    metadata: Metadata,
    *,
    quality: int | None,
    kept: bool,
    lost: Iterable[str],
) -> tuple[str, ...]:
    """Return notes of what writing samples of `mode` in this format changes.

    The blocks of a JPEG were `kept` where the hole does not touch them; `lost` is what is not kept
    beside parts of the metadata.
    """
    notes = []
    if target.lossy or (target.rated and quality is not None):
        where = "beside" if kept else "outside"
        notes.append(
            f"{target.name} is not exact: pixels {where} the hole may change by a few levels; "
            "PNG, TIFF and lossless WebP keep them"
        )
    elif quality is not None:
        notes.append(f"{target.name} is exact: the quality is not used")
    if (written := target.mode_for(mode)) and written != mode:
        notes.append(f"{target.name} holds no {mode}: written as {written} of the same shades")
    parts = [n for part, n in _PARTS.items() if getattr(metadata, part) and part not in target.kept]
    if lost := [*lost, *parts]:
        notes.append(f"{target.name} does not keep the picture's {' and '.join(lost)}")
    return tuple(notes)
