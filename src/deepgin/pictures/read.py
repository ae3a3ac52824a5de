"""Reading picture files as people mean them."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ..errors import DeepginError, PictureError
from .heif import heif_readable, sees_heif
from .modes import white_of_deep


@contextmanager
def opened(path: str | Path) -> Iterator[Image.Image]:
    """Open a picture file, not yet decoded; what goes wrong in the block names the file.

    Raises:
        PictureError: missing, empty, truncated, not a picture, or too large to be meant.
    """
    path = Path(path)
    try:
        if sees_heif(path) and not heif_readable():
            raise PictureError(f"{path} is HEIC: pip install 'deepgin[heif]' reads it")
        with Image.open(path) as image:
            yield image
    except DeepginError:
        raise
    except FileNotFoundError as error:
        raise PictureError(f"{path}: no such file") from error
    except IsADirectoryError as error:
        raise PictureError(f"{path} is a folder: name a picture file in it") from error
    except UnidentifiedImageError as error:
        empty = path.stat().st_size == 0
        why = "is empty (0 bytes)" if empty else "is not a picture of a known format"
        raise PictureError(f"{path} {why}: name a JPEG, PNG, WebP, TIFF or AVIF file") from error
    except Image.DecompressionBombError as error:
        limit = 2 * (Image.MAX_IMAGE_PIXELS or 0) / 1e6
        raise PictureError(
            f"{path} is too large: more than {limit:.0f} million pixels are not read, since small "
            "files that unpack to huge pictures exhaust memory: cut it or make it smaller"
        ) from error
    except MemoryError as error:
        raise PictureError(f"{path} is too large for this machine's memory") from error
    except Exception as error:
        if isinstance(error, OSError) and error.strerror:
            raise PictureError(f"{path} cannot be read: {error.strerror}") from error
        # Pillow's decoders raise OSError, SyntaxError, ValueError, RuntimeError and others.
        raise PictureError(f"{path} is damaged or truncated: {error}") from error


def open_upright(path: str | Path) -> Image.Image:
    """Open and decode a picture file, EXIF orientation applied.

    Raises:
        PictureError: as for `opened`.
    """
    with opened(path) as image:
        image.load()
        # Damaged EXIF says nothing of the orientation; the pixels are as good as ever.
        with suppress(SyntaxError, ValueError, KeyError, TypeError):
            return ImageOps.exif_transpose(image)
        return image.copy()


def read_rgb(path: str | Path) -> Image.Image:
    """Read a picture as RGB, upright.

    Raises:
        PictureError: as for `open_upright`.
    """
    return rgb_of(open_upright(path))


def rgb_of(picture: Image.Image) -> Image.Image:
    """Return an opened picture of any mode as RGB; alpha is dropped, deep grey brought to 8 bit."""
    if picture.mode in ("La", "RGBa"):
        picture = picture.convert(picture.mode.upper())
    if is_deep_grey(picture):
        grey = (share_of_full(picture) * 255 + 0.5).astype(np.uint8)
        return Image.fromarray(np.repeat(grey[..., None], 3, axis=2))
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
