"""Reading picture files upright, as RGB, or as squares of one size."""

from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image

from .document import Document
from .formats.tiff import load
from .modes import white_of_deep
from .opening import check_format, naming, opened


def open_upright(source: str | Path | IO[bytes], name: str = "") -> Image.Image:
    """Open and decode a picture file, upright; arguments and errors are those of `opened`."""
    with opened(source, name) as image:
        return _plain(image, turn=True)


def decoded(image: Image.Image, name: str) -> Image.Image:
    """Return a PIL image of a mask or guidance as its pixels stand, decoded; `name` is for errors.

    Raises:
        PictureError: its file is damaged, or not of a format that is read here.
    """
    with naming(name):
        return _plain(image, turn=False)


def _plain(image: Image.Image, *, turn: bool) -> Image.Image:
    """Decode an opened image into a mode with nothing left to interpret; see `Document.read`."""
    if image.mode not in ("I", "F"):
        return Document.read(image, turn=turn).image()
    # Of 32 bit or floats, which a mask alone may have. Pillow turns TIFF itself.
    check_format(image)
    load(image)
    return image.copy()


def read_rgb(source: str | Path | IO[bytes], name: str = "") -> Image.Image:
    """Read a picture as RGB, upright; arguments and errors are those of `opened`."""
    return rgb_of(open_upright(source, name))


def rgb_of(picture: Image.Image) -> Image.Image:
    """Return an opened picture of any mode as RGB; alpha is dropped, deep grey brought to 8 bit."""
    if picture.mode in ("La", "RGBa"):
        picture = picture.convert(picture.mode.upper())
    if is_deep_grey(picture):
        grey = (share_of_full(picture) * 255 + 0.5).astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
    if picture.mode == "P" and picture.has_transparency_data:
        # Straight to RGB, Pillow warns of a transparency that RGB cannot hold.
        picture = picture.convert("RGBA")
    return picture.convert("RGB")


def is_deep_grey(picture: Image.Image) -> bool:
    """Return whether the picture is grey of more than 8 bit (I;16, I, F), which Pillow clips."""
    return picture.mode.startswith("I") or picture.mode == "F"


def share_of_full(picture: Image.Image) -> np.ndarray:
    """Return a deep grey picture as float64, H x W, in [0, 1].

    The mode does not say what white is: it is as in `white_of_deep`, for floats also 1.
    """
    values = np.asarray(picture).astype(np.float64)
    values = np.where(np.isnan(values), 0, values)
    brightest = values.max(initial=0, where=np.isfinite(values))
    if picture.mode == "F":
        # Resampling overshoots white a little.
        brightest /= 1.25
    full = 1 if picture.mode == "F" and brightest <= 1 else white_of_deep(brightest)
    return (values / full).clip(0, 1)


def centre_square(picture: Image.Image, size: int) -> np.ndarray:
    """Cut the centre square, brought to size x size with Lanczos: uint8, size x size x 3."""
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    square = picture.crop((left, top, left + side, top + side))
    return np.asarray(square.resize((size, size), Image.Resampling.LANCZOS))
