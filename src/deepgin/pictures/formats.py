"""The formats that are written, what each holds, and bringing a picture to that."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import UsageError
from .metadata import Metadata
from .modes import has_alpha, is_deep, narrowed, without_alpha
from .opening import LONGEST_TEXT

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


_MEND = "choose png (exact), jpg, webp, tif or avif"
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
    problem = f"{path}: {what} no picture format that is written here"
    raise UsageError(problem, field="format", mend=_MEND)


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


_LONGEST = 65533  # what one segment of a JPEG takes


def fitted(
    pixels: np.ndarray, mode: str, white: int, target: Format, path: Path
) -> tuple[np.ndarray, str, tuple[str, ...]]:
    """Return samples and mode that `target` holds, and what must be said of the change.

    Alpha that is full everywhere may go; a lossy format may make 8 bit of 16.

    Raises:
        UsageError: the format would lose more.
    """
    notes: tuple[str, ...] = ()
    if not target.mode_for(mode) and is_deep(mode) and target.lossy:
        pixels, mode = narrowed(pixels, mode, white)
        notes = (f"{target.name} holds 8 bit: the 16 of the picture are rounded",)
    opaque = has_alpha(mode) and pixels[..., -1].min() == (65535 if is_deep(mode) else 255)
    if opaque and not target.mode_for(mode):
        pixels, mode = without_alpha(pixels, mode)
    if not target.mode_for(mode):
        what = "CMYK" if mode == "CMYK" else "16 bit" if is_deep(mode) else "alpha"
        mend = "choose tif or jpg" if mode == "CMYK" else "choose png"
        raise UsageError(f"{path}: {target.name} holds no {what}", field="format", mend=mend)
    return pixels, mode, notes


def bounded(target: Format, metadata: Metadata) -> tuple[Metadata, tuple[str, ...]]:
    """Return metadata without the blocks that are too long for its readers, and what went."""
    notes: tuple[str, ...] = ()
    if target.name == "JPEG" and len(metadata.exif) > _LONGEST:
        metadata, notes = replace(metadata, exif=b""), ("its EXIF is too long for JPEG",)
    if target.name == "JPEG" and len(metadata.comment) > _LONGEST:
        metadata, notes = replace(metadata, comment=b""), (*notes, "its comment is too long")
    if target.name == "PNG" and len(metadata.icc) > LONGEST_TEXT:
        metadata, notes = replace(metadata, icc=b""), ("its colour profile is too long for PNG",)
    if target.name == "PNG" and len(metadata.xmp) > LONGEST_TEXT:
        metadata, notes = replace(metadata, xmp=b""), (*notes, "its XMP is too long for PNG")
    return metadata, notes
