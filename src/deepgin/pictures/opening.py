"""Opening picture files: the formats that are read, and errors that name the file."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path, PurePath
from typing import IO, Any

from PIL import Image, PngImagePlugin, UnidentifiedImageError

from ..errors import DeepginError, PictureError
from .formats.tiff import silence_libtiff, unread_tiff
from .modes import UnkeptSamples

# Pillow opens more: EPS and others start programs, and the rest hold no photographs.
_READ = (
    *("JPEG", "PNG", "WEBP", "TIFF", "AVIF", "GIF", "BMP", "DIB", "JPEG2000", "PPM"),
    *("PSD", "QOI", "ICO", "SGI", "PCX"),
)
_UNMARKED = ("TGA",)  # is tried last: any bytes may be one
_ALSO = ("MPO", "HEIF")  # are of a plugin above or of the extra `heif`
_HEIF_ENDINGS = (".heic", ".heif", ".hif")
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs")

# Pillow refuses PNG whose texts or profile unpack to more than 1 MiB, which profiles of scanners
# and printers do.
LONGEST_TEXT = 32 << 20
PngImagePlugin.MAX_TEXT_CHUNK = max(PngImagePlugin.MAX_TEXT_CHUNK, LONGEST_TEXT)


def open_image(file: IO[bytes]) -> Image.Image:
    """Open a picture of the formats that are read here, not yet decoded.

    A path will not do: Pillow maps TIFF files that it opens by path into memory, and exchanges the
    sides of turned ones.

    Raises:
        UnidentifiedImageError: it is of another format. Pillow raises others for damage.
    """
    silence_libtiff()
    heif = ("HEIF",) if "HEIF" in Image.OPEN else ()
    with _quiet():
        return Image.open(file, formats=_READ + heif + _UNMARKED)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Pillow from warning of 90 megapixels, which are no error, and of damage."""
    with warnings.catch_warnings():
        # Threads may leave each other's filters behind: this one does no harm.
        warnings.filterwarnings("ignore", module=r"PIL\.")
        yield


@contextmanager
def opened(source: str | Path | IO[bytes], name: str = "") -> Iterator[Image.Image]:
    """Open a picture file, not yet decoded; what goes wrong in the block names the file.

    Args:
        source: a path, or a file that is open for reading, at its start.
        name: for errors; empty takes the path.

    Raises:
        PictureError: missing, empty, truncated, not a picture, or too large to be meant.
    """
    name = name or str(source)
    with (
        naming(name),
        open(source, "rb") if isinstance(source, str | Path) else nullcontext(source) as file,
    ):
        if _is_heif(file, name) and not heif_readable():
            raise PictureError(f"{name} is HEIC", mend="pip install 'deepgin[heif]' reads it")
        try:
            image = open_image(file)
        except (UnidentifiedImageError, KeyError) as error:  # KeyError: a TIFF's compression
            if why := unread_tiff(file):
                raise PictureError(f"{name} {why}") from error
            empty = file.seek(0, 2) == 0
            why = "is empty (0 bytes)" if empty else "is not a picture of a known format"
            mend = "name a JPEG, PNG, WebP, TIFF or AVIF file"
            raise PictureError(f"{name} {why}", mend=mend) from error
        with image:
            yield image


@contextmanager
def naming(name: str | Path) -> Iterator[None]:
    """Raise what goes wrong with a picture in the block as a PictureError that names it."""
    try:
        with _quiet():
            yield
    except DeepginError:
        raise
    except Exception as error:
        raise PictureError(f"{name}{_reason(error)}") from error


def _reason(error: Exception) -> str:
    """Return what an error says of the file whose name stands before it."""
    if isinstance(error, UnkeptSamples):
        return f": {error}"
    if isinstance(error, FileNotFoundError):
        return ": no such file"
    if isinstance(error, IsADirectoryError):
        return " is a folder: name a picture file in it"
    if isinstance(error, Image.DecompressionBombError):
        limit = 2 * (Image.MAX_IMAGE_PIXELS or 0) / 1e6
        return (
            f" is too large: more than {limit:.0f} million pixels are not read, since small files "
            "that unpack to huge pictures exhaust memory: cut it or make it smaller"
        )
    if isinstance(error, MemoryError):
        return " is too large for this machine's memory"
    if isinstance(error, OSError) and error.strerror:
        return f" cannot be read: {error.strerror}"
    if "MAX_TEXT" in str(error):
        return (
            f" has text or a colour profile of more than {LONGEST_TEXT >> 20} MiB: save it without"
        )
    # Pillow's decoders raise OSError, SyntaxError, ValueError, RuntimeError and others.
    return f" is damaged or truncated: {str(error) or type(error).__name__}"


def content_of(image: Image.Image) -> bytes:
    """Return the file of an opened image that is not loaded yet; its position stays."""
    file: Any = image.fp  # type: ignore[attr-defined]
    at = file.tell()
    file.seek(0)
    content: bytes = file.read()
    file.seek(at)
    return content


def check_format(image: Image.Image) -> None:
    """Refuse a PIL image that is not decoded yet and of a format that is not read here.

    Raises:
        UnkeptSamples: decoding it might start a program, as EPS does.
    """
    known = (None, *_READ, *_UNMARKED, *_ALSO)
    if getattr(image, "tile", None) and image.format not in known:
        raise UnkeptSamples(f"{image.format} is not read here: save it as PNG first")


def _is_heif(file: IO[bytes], name: str) -> bool:
    """Return whether a file at its start is HEIC: by its first bytes, or those of AVIF and a name."""
    head = file.read(12)
    file.seek(0)
    named = PurePath(name).suffix.lower() in _HEIF_ENDINGS
    return head[4:8] == b"ftyp" and (head[8:12] in _HEIF_BRANDS or named)


@cache
def heif_readable() -> bool:
    """Register HEIC with Pillow; return whether the extra is installed."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return False
    register_heif_opener()
    return True
