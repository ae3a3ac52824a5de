"""Writing TIFF of every mode, with 16-bit colour and EXIF in compressed files."""

import struct
import zlib
from fractions import Fraction
from itertools import accumulate
from typing import IO, Any

import numpy as np

from ..metadata.exif import tags_in
from ..modes import has_alpha
from .tiff import IPTC_TAG, STORAGE_TAGS, Tag, laid, numbers

_PHOTOMETRIC = {"L": 1, "LA": 1, "I;16": 1, "CMYK": 5}
_RGB = 2
_SHORT, _LONG = 3, 4
_ROWS = 64


def write_tiff(file: IO[bytes], pixels: np.ndarray, mode: str, options: dict[str, Any]) -> None:
    """Write samples of any mode as a deflated TIFF.

    EXIF is a TIFF without a picture. It stands at the start of the file just as it is, so that
    all that its values and makers' notes point at stays in place; the picture follows.
    Options are `exif`, `xmp`, `iptc`, `icc_profile`: bytes; and `dpi` or `aspect`: see `Metadata`.
    """
    height, width = pixels.shape[:2]
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    block = bytearray(options["exif"].removeprefix(b"Exif\0\0") or b"II*\0\0\0\0\0")
    block += bytes(len(block) % 2)
    order = "<" if block[:2] == b"II" else ">"
    bands = (pixels[top : top + _ROWS] for top in range(0, height, _ROWS))
    strips = [zlib.compress(_differences(band, order)) for band in bands]
    ends = [*accumulate(map(len, strips), initial=len(block))]
    storage = {256: width, 257: height, 277: channels, 278: _ROWS}
    storage |= {259: 8, 317: 2, 284: 1}  # deflated, less the left neighbour, interleaved
    storage[262] = _PHOTOMETRIC.get(mode, _RGB)
    if has_alpha(mode):
        storage[338] = 2  # colours are not multiplied by it
    tags = _metadata(order, options)
    for tag, value in storage.items():
        tags[tag] = numbers(order, _LONG if value > 65535 else _SHORT, value)
    tags[258] = numbers(order, _SHORT, *(8 * pixels.dtype.itemsize,) * channels)
    tags[273] = numbers(order, _LONG, *ends[:-1])
    tags[279] = numbers(order, _LONG, *map(len, strips))
    at = ends[-1] + ends[-1] % 2
    struct.pack_into(order + "I", block, 4, at)
    file.writelines([block, *strips, bytes(at - ends[-1]), laid(order, tags, at)])


def _metadata(order: str, options: dict[str, Any]) -> dict[int, Tag]:
    tags = tags_in(options["exif"]) if options["exif"] else {}
    tags = {tag: value for tag, value in tags.items() if tag not in STORAGE_TAGS}
    for tag, name, kind in ((700, "xmp", 1), (34675, "icc_profile", 7), (IPTC_TAG, "iptc", 7)):
        if options.get(name):
            tags[tag] = Tag(kind, options[name])
    # How many pixels stand across and down, to an inch (2) or an unknown length (1).
    if resolution := options.get("dpi") or options.get("aspect"):
        for tag, number in zip((282, 283), resolution, strict=True):
            ratio = Fraction(number).limit_denominator(4000).as_integer_ratio()
            tags[tag] = numbers(order, 5, *ratio)
        tags[296] = numbers(order, _SHORT, 2 if "dpi" in options else 1)
    return tags


def _differences(strip: np.ndarray, order: str) -> bytes:
    """Return rows with each sample less its left neighbour: TIFF's horizontal predictor."""
    differences = strip.astype(f"{order}u{strip.itemsize}")
    differences[:, 1:] -= strip[:, :-1]
    return differences.tobytes()
