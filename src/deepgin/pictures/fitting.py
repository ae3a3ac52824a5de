"""Bringing a picture to what a format can hold: said, or refused. Nothing is written here."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import UsageError
from .formats import Format
from .metadata import Metadata
from .modes import has_alpha, is_deep, narrowed, without_alpha
from .opening import LONGEST_TEXT

_LONGEST = 65533  # what one segment of a JPEG takes


def fitted(
    pixels: np.ndarray, mode: str, white: int, target: Format, path: Path
) -> tuple[np.ndarray, str, tuple[str, ...]]:
    """Return samples and mode that `target` holds, and what must be said of the change.

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
    """Return metadata without the blocks that are too long for its readers, and what went."""
    notes: tuple[str, ...] = ()
    if target.name == "JPEG" and len(metadata.exif) > _LONGEST:
        metadata, notes = replace(metadata, exif=b""), ("its EXIF is too long for JPEG",)
    if target.name == "JPEG" and len(metadata.comment) > _LONGEST:
        metadata, notes = replace(metadata, comment=b""), (*notes, "its comment is too long")
    if target.name == "PNG" and len(metadata.icc) > LONGEST_TEXT:
        metadata, notes = replace(metadata, icc=b""), ("its colour profile is too long for PNG",)
    if target.name == "PNG" and len(metadata.xmp) > LONGEST_TEXT:
        metadata, notes = replace(metadata, xmp=b""), (*notes, "its XMP is too long for PNG")
    return metadata, notes
