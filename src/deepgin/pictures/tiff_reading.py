"""Reading what Pillow leaves out of TIFF: unusual samples and channels."""

import ctypes
import struct
import warnings
from contextlib import suppress
from functools import cache
from typing import IO, Any

import numpy as np
from PIL import Image, TiffImagePlugin, _imaging

_COLOURS = {0: "grey", 1: "grey", 2: "RGB", 3: "palette", 5: "CMYK", 6: "YCbCr", 8: "Lab"}
_KINDS = {2: "signed ", 3: "floating-point "}


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
            big = head[2:3] == b"\x2b"
            tags = TiffImagePlugin.ImageFileDirectory_v2(head if big else head[:8])
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

    Args:
        image: loaded; of whatever format.
        samples: uint16, H x W, as Pillow reads them: those of 12 bit unscaled, and 0 for white
            where the file has it so.
    """
    tags: Any = getattr(image, "tag_v2", {})
    twelve, negative = tags.get(258) == (12,), tags.get(262) == 0
    if twelve:
        samples = samples << 4 | samples >> 8
    return 65535 - samples if negative else samples, twelve or negative
