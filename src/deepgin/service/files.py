"""Uploaded files decoded into documents, and documents encoded into bytes."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image, UnidentifiedImageError

from ..errors import DeepginError, Note, UsageError, in_request, spelled
from ..inpainting import Job, Options
from ..pictures import WRITABLE_ENDINGS, Document, open_image, read_marks, read_rgb
from ..pictures.formats import FORMATS, format_named
from ..pictures.opening import heif_readable
from .patches import Box, patched
from .refusals import Refusal, refusal_of

_EPS = (b"%!PS", b"\xc5\xd0\xd3\xc6")  # as text, and with a preview before it
# Others that Pillow opens are nothing to paint on.
_TAKEN = frozenset(["MPO", "GIF", *(known.name for known in FORMATS)])
_LIST = "PNG, JPEG, WebP, TIFF, AVIF, HEIC, GIF, BMP, JPEG 2000, PPM or TGA"


@dataclass(frozen=True)
class Upload:
    """The files of a request, at their start.

    Attributes:
        picture: what is to be filled.
        mask: white is missing; None where the options or the picture's alpha say what is.
        guidance: for a guided network.
        patch: what was filled before; see `patches`.
        box: where it lies.
    """

    picture: IO[bytes]
    mask: IO[bytes] | None = None
    guidance: IO[bytes] | None = None
    patch: IO[bytes] | None = None
    box: Box | None = None

    def named(self) -> dict[str, IO[bytes]]:
        """Return the files that are there by the part that they came as."""
        parts = ("picture", "mask", "guidance", "patch")
        return {name: file for name in parts if (file := getattr(self, name)) is not None}


@dataclass(frozen=True)
class Writing:
    """How a result is written.

    Attributes:
        format: an ending such as "png"; empty keeps the picture's own format.
        quality: 0 to 100; None keeps a JPEG's own.
        patch: the next patch in place of the picture, exact, in PNG or TIFF; see `patches`.

    Raises:
        UsageError: the format is not written here.
    """

    format: str = ""
    quality: int | None = None
    patch: bool = False

    def __post_init__(self) -> None:
        if self.format and f".{self._ending}".lower() not in WRITABLE_ENDINGS:
            raise UsageError(
                f"the format '{self.format}' is not written here",
                field="format",
                mend="choose png (exact), jpg, webp, tif, ...",
            )

    @property
    def name(self) -> str:
        """The name of a file that would be of that format."""
        return f"picture.{self._ending}" if self.format else "picture"

    @property
    def _ending(self) -> str:
        return self.format.removeprefix(".")


def measure(upload: Upload, most: int) -> int:
    """Return the pixels of all files together, by their heads; nothing is decoded.

    Raises:
        Refusal: one is of a type that is not taken, or has more than `most` pixels.
    """
    heif_readable()
    total = 0
    for part, file in upload.named().items():
        head = _head(part, file)
        if head is None:
            continue  # reading it will say what is wrong
        kind, (width, height) = head
        if kind not in _TAKEN:
            raise Refusal(415, f"the {part} is {kind}, which is not taken here: send {_LIST}")
        if width * height > most:
            raise Refusal(
                413,
                f"the {part} has {width} x {height} pixels, more than the {most / 1e6:g} million "
                "that are taken here: cut it or make it smaller",
            )
        total += width * height
    return total


def _head(part: str, file: IO[bytes]) -> tuple[str, tuple[int, int]] | None:
    try:
        with open_image(file) as image:
            return str(image.format), image.size
    except Image.DecompressionBombError as error:
        sentence = f"the {part} has more pixels than are taken here: cut it or make it smaller"
        raise Refusal(413, sentence) from error
    except UnidentifiedImageError:
        file.seek(0)
        return ("EPS", (0, 0)) if file.read(4) in _EPS else None
    except Exception:  # noqa: BLE001, decoders raise whatever comes
        return None
    finally:
        file.seek(0)


def read(upload: Upload, options: Options, writing: Writing) -> Job:
    """Decode the files of a request.

    Raises:
        Refusal: a file is no picture or damaged, or the format cannot be written.
    """
    try:
        document = Document.open(upload.picture, "the picture")
        if upload.patch and upload.box:
            document = patched(document, Document.open(upload.patch, "the patch"), upload.box)
        mask, note = None, Note("")
        if upload.mask:
            mask, note = read_marks(upload.mask, options.threshold, "the mask")
        guide = np.asarray(read_rgb(upload.guidance, "the guidance")) if upload.guidance else None
        target(document, writing)
    except Exception as error:
        raise refusal_of(error) from error
    return Job(document, mask, guide, "the picture", "the mask", note)


def target(document: Document, writing: Writing) -> str:
    """Return the name of the format that a result will have, as Pillow has it.

    Raises:
        UsageError: there is none, or it is not written.
    """
    if not writing.format and document.format == "GIF":
        raise Refusal(400, "GIF is read, not written: choose format=png", field="format")
    return format_named(Path(writing.name), document.format).name


def written(document: Document, writing: Writing) -> tuple[bytes, str, tuple[str, ...]]:
    """Return a result as a file's bytes, their content type, and what must be said of them.

    Raises:
        Refusal: the format cannot hold the picture, or the disk is full.
    """
    with tempfile.TemporaryDirectory(prefix="deepgin-") as folder:
        path = Path(folder) / writing.name
        try:
            notes = document.save(path, quality=writing.quality)
            kind = Image.MIME.get(target(document, writing), "application/octet-stream")
            return path.read_bytes(), kind, spelled(notes, in_request)
        except DeepginError as error:
            error.problem = error.problem.replace(str(path), "the result")
            raise refusal_of(error) from error
