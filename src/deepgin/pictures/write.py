"""Writing a picture file whole or not at all, in the format of its name."""

import struct
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image

from ..errors import DeepginError
from ..files import whole_file
from .formats import Format, format_named
from .jpeg import JpegCoding
from .jpeg_blocks import write_kept_blocks
from .modes import image_of, is_deep
from .opening import heif_readable
from .png import write_png
from .tiff import write_tiff

# What Pillow does not write.
_OURS = {"aspect", "chunks"}  # of PNG
_PUT_IN = {"aspect", "color_primaries"}
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


def write_picture(picture: Image.Image, path: str | Path, *, overwrite: bool = False) -> None:
    """Write `picture` without metadata, in the format of the name's ending.

    Raises:
        UsageError: an unknown ending, or `path` exists and `overwrite` is False.
        DeepginError: the folder is missing or cannot be written, the disk is full, or the format
            cannot hold the picture.
    """
    path = check_target(path)
    # JPEG cannot be exact; at this quality it is as near as it gets in reasonable size.
    options: dict[str, Any] = (
        {"quality": 95, "subsampling": 0} if format_named(path).name == "JPEG" else {}
    )
    with whole_file(path, overwrite=overwrite) as temporary:
        try:
            picture.save(temporary, **options)
        except _REFUSED as error:
            raise DeepginError(f"{path} cannot be written: {error}") from error


def write_samples(
    pixels: np.ndarray,
    mode: str,
    path: Path,
    target: Format,
    options: dict[str, Any],
    *,
    overwrite: bool,
    original: JpegCoding | None = None,
) -> bool:
    """Write samples of a mode that `target` holds; see `write_picture` for errors.

    Args:
        pixels: own samples; see `modes`.
        mode: theirs.
        path: the file to write.
        target: its format.
        options: what Pillow is told.
        overwrite: an existing file may be replaced.
        original: the JPEG that they come from, if its blocks are to be kept.

    Returns:
        Whether its blocks were kept where no sample differs.
    """
    _check_writer(target, path)
    with whole_file(path, overwrite=overwrite) as temporary:
        try:
            kept = bool(original and write_kept_blocks(temporary, pixels, mode, options, original))
            if kept:
                pass
            elif target.name == "TIFF":
                with open(temporary, "wb") as file:
                    write_tiff(file, pixels, mode, options)
            elif target.name == "PNG" and (is_deep(mode) or options.keys() & _OURS):
                with open(temporary, "wb") as file:
                    write_png(file, pixels, options)
            else:
                image_of(pixels, mode).save(temporary, target.name, **options)
            if options.keys() & _PUT_IN:
                with open(temporary, "r+b") as file:
                    _put_in(file, options)
        except _REFUSED as error:
            raise DeepginError(f"{path} cannot be written: {error}") from error
    return kept


def _put_in(file: IO[bytes], options: dict[str, Any]) -> None:
    """Put what Pillow does not write in the place of its own numbers.

    Args:
        file: a picture, open for reading and writing.
        options: perhaps with `aspect` (JPEG), or with the codes of the colours (AVIF).
    """
    content = file.read()
    if "aspect" in options and content[6:10] == b"JFIF":
        file.seek(13)
        file.write(struct.pack(">BHH", 0, *options["aspect"]))
    colours = content.find(b"colrnclx")
    if "color_primaries" in options and content[4:12] == b"ftypavif" and colours > 0:
        codes = options["color_primaries"], options["transfer_characteristics"]
        file.seek(colours + 8)
        file.write(struct.pack(">HH", *codes))
