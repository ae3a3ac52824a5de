"""Reading picture and mask files as people mean them."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ..errors import PictureError


def open_upright(path: str | Path) -> Image.Image:
    """Open and decode a picture file, EXIF orientation applied.

    Raises:
        PictureError: missing, empty, truncated, not a picture, or too large to be meant.
    """
    path = Path(path)
    try:
        with Image.open(path) as opened:
            opened.load()
            return ImageOps.exif_transpose(opened)
    except FileNotFoundError as error:
        raise PictureError(f"{path}: no such file") from error
    except IsADirectoryError as error:
        raise PictureError(f"{path} is a folder: name a picture file in it") from error
    except UnidentifiedImageError as error:
        empty = path.stat().st_size == 0
        why = "is empty (0 bytes)" if empty else "is not a picture of a known format"
        raise PictureError(f"{path} {why}: name a JPEG, PNG, WebP, TIFF or AVIF file") from error
    except Image.DecompressionBombError as error:
        raise PictureError(f"{path} is too large: {error}") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise PictureError(f"{path} is damaged or truncated: {error}") from error


def read_rgb(path: str | Path) -> Image.Image:
    """Read a picture as RGB, upright.

    Raises:
        PictureError: as for `open_upright`.
    """
    return open_upright(path).convert("RGB")


def read_mask(path: str | Path) -> np.ndarray:
    """Read a mask file: white (at or above half) is missing.

    Returns:
        bool, H x W, upright. Colours are read as grey; alpha is used only where the colours say
        nothing, that is, are the same everywhere.

    Raises:
        PictureError: as for `open_upright`.
    """
    return mask_of(open_upright(path))


def mask_of(picture: Image.Image) -> np.ndarray:
    """Return the bool mask (H x W) that an opened mask picture means; see `read_mask`."""
    if picture.mode.startswith("I") or picture.mode == "F":
        values = np.asarray(picture).astype(np.float64)
        full = 65535 if picture.mode.startswith("I") else 1.0
        return values * 2 >= full
    if picture.has_transparency_data:
        rgba = np.asarray(picture.convert("RGBA"))
        if (rgba[..., :3] == rgba[0, 0, :3]).all():
            return rgba[..., 3] >= 128
    return np.asarray(picture.convert("RGB").convert("L")) >= 128
