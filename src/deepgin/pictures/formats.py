"""The formats that are written, and what each can hold. Nothing is opened or written here."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import UsageError
from .metadata import Metadata

_DEEP_COLOUR = ("LA;16", "RGB;16", "RGBA;16")


@dataclass(frozen=True)
class Format:
    """One format of files.

    Attributes:
        name: as Pillow names it.
        endings: of file names.
        modes: those it keeps as they are.
        renamed: modes whose samples it keeps in another mode.
        lossy: it cannot keep samples exactly. WebP can, and does unless a quality is asked for.
        rated: it takes a quality.
        kept: which parts of `Metadata` it holds.
    """

    name: str
    endings: tuple[str, ...]
    modes: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...] = ()
    lossy: bool = False
    rated: bool = False
    kept: tuple[str, ...] = ()

    def mode_for(self, mode: str) -> str | None:
        """Return the mode in which samples of `mode` are written, or None if they cannot be."""
        return mode if mode in self.modes else dict(self.renamed).get(mode)


_GREY_ALPHA = ("L", "LA", "RGB", "RGBA")
_AS_RGB = (("L", "RGB"), ("LA", "RGBA"))
FORMATS = (
    Format(
        "PNG",
        (".png", ".apng"),
        (*_GREY_ALPHA, "I;16", *_DEEP_COLOUR),
        kept=("exif", "xmp", "icc", "dpi", "aspect", "text", "iptc", "comment"),
    ),
    Format(
        "JPEG",
        (".jpg", ".jpeg", ".jpe", ".jfif"),
        ("L", "RGB", "CMYK"),
        lossy=True,
        rated=True,
        kept=("exif", "xmp", "icc", "dpi", "aspect", "iptc", "comment"),
    ),
    Format("WEBP", (".webp",), ("RGB", "RGBA"), _AS_RGB, rated=True, kept=("exif", "xmp", "icc")),
    Format(
        "TIFF",
        (".tif", ".tiff"),
        (*_GREY_ALPHA, "CMYK", "I;16", "RGB;16", "RGBA;16"),
        kept=("exif", "xmp", "icc", "dpi", "aspect", "iptc"),
    ),
    Format(
        "AVIF",
        (".avif",),
        ("L", "RGB", "RGBA"),
        (("LA", "RGBA"),),
        lossy=True,
        rated=True,
        kept=("exif", "xmp", "icc"),
    ),
    Format(
        "HEIF",
        (".heic", ".heif", ".hif"),
        ("L", "RGB", "RGBA"),
        (("LA", "RGBA"),),
        lossy=True,
        rated=True,
        kept=("exif", "xmp", "icc"),
    ),
    Format("BMP", (".bmp",), ("L", "RGB"), kept=("dpi",)),
    Format("JPEG2000", (".jp2",), (*_GREY_ALPHA, "I;16")),
    Format("PPM", (".ppm", ".pgm", ".pnm"), ("L", "RGB", "I;16")),
    Format("TGA", (".tga",), _GREY_ALPHA),
)
# What Pillow calls the files of phones that hold a second picture: JPEG to everyone else.
_ALSO = {"MPO": "JPEG"}
WRITABLE_ENDINGS = frozenset(ending for f in FORMATS for ending in f.endings)


_MEND = "end it in .png (exact), .jpg, .webp, .tif or .avif"
_PARTS = {
    "exif": "EXIF",
    "xmp": "XMP",
    "icc": "colour profile",
    "dpi": "resolution",
    "aspect": "pixel aspect",
    "text": "PNG text",
    "iptc": "IPTC",
    "comment": "comment",
}


def format_named(path: Path, own: str | None = None) -> Format:
    """Return the format that a file's name asks for, or its own where the name has no ending.

    Raises:
        UsageError: neither says a format that is written here.
    """
    ending = path.suffix.lower()
    bare = not ending and not path.name.endswith(".")
    own = _ALSO.get(own or "", own)
    for candidate in FORMATS:
        if ending in candidate.endings or (bare and candidate.name == own):
            return candidate
    what = f"'{path.suffix}' is" if ending else "its name ends in"
    raise UsageError(f"{path}: {what} no picture format that is written here: {_MEND}")


def remarks(
    target: Format,
    mode: str,
    metadata: Metadata,
    quality: int | None,
    kept: bool = False,
    lost: Sequence[str] = (),
) -> tuple[str, ...]:
    """Return what must be said once of a picture that is written in this format.

    Args:
        target: the format.
        mode: of the samples, before they are written.
        metadata: as it is written.
        quality: that was asked for.
        kept: a JPEG's blocks were kept where the hole does not touch them.
        lost: what is not kept beside parts of the metadata.
    """
    said = []
    if target.lossy or (target.rated and quality is not None):
        where = "beside" if kept else "outside"
        said.append(
            f"{target.name} is not exact: pixels {where} the hole may change by a few levels; "
            "PNG, TIFF and lossless WebP keep them"
        )
    elif quality is not None and not target.rated:
        said.append(f"{target.name} is exact: the quality is not used")
    if (written := target.mode_for(mode)) and written != mode:
        said.append(f"{target.name} holds no {mode}: written as {written} of the same shades")
    lost = [
        *lost,
        *(
            name
            for part, name in _PARTS.items()
            if getattr(metadata, part) and part not in target.kept
        ),
    ]
    if lost:
        said.append(f"{target.name} does not keep the picture's {' and '.join(lost)}")
    return tuple(said)
