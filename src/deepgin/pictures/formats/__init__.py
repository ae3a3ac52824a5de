"""The formats that are written, and what each holds."""

from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import UsageError


@dataclass(frozen=True)
class Format:
    """One format of files.

    Attributes:
        name: as Pillow names it.
        endings: of file names.
        modes: those it keeps as they are.
        kept: which parts of `Metadata` it holds.
        renamed: modes whose samples it keeps in another mode.
        lossy: it cannot keep samples exactly. WebP can, and does unless a quality is asked for.
        rated: it takes a quality.
    """

    name: str
    endings: tuple[str, ...]
    modes: tuple[str, ...]
    kept: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    lossy: bool = False
    rated: bool = False

    def mode_for(self, mode: str) -> str | None:
        """Return the mode in which samples of `mode` are written, or None if they cannot be."""
        return mode if mode in self.modes else dict(self.renamed).get(mode)


_BASIC = ("L", "LA", "RGB", "RGBA")
_BLOCKS = ("exif", "xmp", "icc")
_MORE = (*_BLOCKS, "dpi", "aspect", "iptc")
_PNG = Format(
    "PNG",
    (".png", ".apng"),
    (*_BASIC, "I;16", "LA;16", "RGB;16", "RGBA;16"),
    (*_MORE, "text", "comment"),
)
_JPEG = Format(
    "JPEG",
    (".jpg", ".jpeg", ".jpe", ".jfif"),
    ("L", "RGB", "CMYK"),
    (*_MORE, "comment"),
    lossy=True,
    rated=True,
)
_WEBP = Format(
    "WEBP", (".webp",), ("RGB", "RGBA"), _BLOCKS, (("L", "RGB"), ("LA", "RGBA")), rated=True
)
_TIFF = Format("TIFF", (".tif", ".tiff"), (*_BASIC, "CMYK", "I;16", "RGB;16", "RGBA;16"), _MORE)
_AVIF = Format(
    "AVIF", (".avif",), ("L", "RGB", "RGBA"), _BLOCKS, (("LA", "RGBA"),), lossy=True, rated=True
)
FORMATS = (
    _PNG,
    _JPEG,
    _WEBP,
    _TIFF,
    _AVIF,
    replace(_AVIF, name="HEIF", endings=(".heic", ".heif", ".hif")),
    Format("BMP", (".bmp",), ("L", "RGB"), ("dpi",)),
    Format("JPEG2000", (".jp2",), (*_BASIC, "I;16")),
    Format("PPM", (".ppm", ".pgm", ".pnm"), ("L", "RGB", "I;16")),
    Format("TGA", (".tga",), _BASIC),
)
WRITABLE_ENDINGS = frozenset(ending for f in FORMATS for ending in f.endings)


def format_named(path: Path, own: str | None = None) -> Format:
    """Return the format that a file's name asks for, or `own` where the name has no ending.

    Raises:
        UsageError: neither says a format that is written here.
    """
    ending = path.suffix.lower()
    bare = not ending and not path.name.endswith(".")
    # Pillow's name for the files of phones that hold a second picture: JPEG to everyone else.
    own = "JPEG" if own == "MPO" else own
    for candidate in FORMATS:
        if ending in candidate.endings or (bare and candidate.name == own):
            return candidate
    what = f"'{path.suffix}' is" if ending else "its name ends in"
    raise UsageError(
        f"{path}: {what} no picture format that is written here",
        field="format",
        mend="choose png (exact), jpg, webp, tif or avif",
    )
