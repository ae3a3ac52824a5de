"""Writing TIFF of every mode. Pillow writes neither 16-bit colour nor EXIF into compressed ones."""

import zlib
from typing import IO, Any

import numpy as np
from PIL import ExifTags, Image, TiffImagePlugin

from .modes import has_alpha

_PHOTOMETRIC = {"L": 1, "LA": 1, "I;16": 1, "CMYK": 5}
_RGB = 2
_ROWS = 64


def write_tiff(file: IO[bytes], pixels: np.ndarray, mode: str, options: dict[str, Any]) -> None:
    """Write samples of any mode as a deflated TIFF.

    Args:
        file: open for writing, at its start.
        pixels: own samples; see `modes`.
        mode: theirs.
        options: as Pillow takes them: `exif` (an Image.Exif), and perhaps `icc_profile`, `dpi`
            and `aspect`.
    """
    height, width = pixels.shape[:2]
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    strips = [
        zlib.compress(_differences(pixels[top : top + _ROWS])) for top in range(0, height, _ROWS)
    ]
    lengths = [len(strip) for strip in strips]
    tags = _told(options)
    tags[256], tags[257], tags[277], tags[278] = width, height, channels, _ROWS
    tags[258] = (8 * pixels.dtype.itemsize,) * channels
    tags[259], tags[317], tags[284] = 8, 2, 1  # deflated, less the left neighbour, interleaved
    tags[262] = _PHOTOMETRIC.get(mode, _RGB)
    if has_alpha(mode):
        tags[338] = 2  # colours are not multiplied by it
    tags.tagtype[273] = tags.tagtype[279] = 4
    # Counted from the end of the tags: the writer of tags adds where that is.
    tags[273] = tuple(int(start) for start in np.cumsum([0, *lengths[:-1]]))
    tags[279] = tuple(lengths)
    tags.save(file)
    for strip in strips:
        file.write(strip)


def _told(options: dict[str, Any]) -> TiffImagePlugin.ImageFileDirectory_v2:
    """Return the tags of the metadata."""
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    exif: Image.Exif = options["exif"]
    for tag, value in exif.items():
        group = tag in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)
        tags[tag] = exif.get_ifd(tag) if group else value
    if "icc_profile" in options:
        tags[34675] = options["icc_profile"]
    if "dpi" in options:
        tags[282], tags[283] = options["dpi"]
        tags[296] = 2
    elif "aspect" in options:
        tags[282], tags[283] = options["aspect"]
        tags[296] = 1
    return tags


def _differences(strip: np.ndarray) -> bytes:
    """Return rows with each sample less its left neighbour: TIFF's horizontal predictor."""
    differences = strip.astype(strip.dtype.newbyteorder("<"))
    differences[:, 1:] -= strip[:, :-1]
    return differences.tobytes()
