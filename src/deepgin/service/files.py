"""Uploaded files decoded into jobs, and results encoded into responses, whole or as patches.

A patch is the rectangle of a picture that fillings have changed, as a lossless picture of its own.
Who fills a picture again and again sends its file with the last patch, and gets the next patch:
nothing is encoded twice, and little is sent.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from fastapi import Response
from PIL import Image, UnidentifiedImageError

from ..errors import DeepginError, Note, UsageError, in_request, spelled
from ..inpainting import Job, Options, Result
from ..inpainting.canvas import grown_size
from ..pictures import WRITABLE_ENDINGS, Document, open_image, read_marks, read_rgb
from ..pictures.formats import FORMATS, format_named
from ..pictures.metadata import Metadata
from ..pictures.opening import heif_readable
from .refusals import Refusal

_EPS = (b"%!PS", b"\xc5\xd0\xd3\xc6")  # as text, and with a preview before it
# Others that Pillow opens are nothing to paint on.
_TAKEN = frozenset(["MPO", "GIF", *(known.name for known in FORMATS)])
_LIST = "PNG, JPEG, WebP, TIFF, AVIF, HEIC, GIF, BMP, JPEG 2000, PPM or TGA"
# A patch begins and ends at its multiples, or at the picture's edge: shown smaller, it then falls
# into the same grid as the picture below it.
_GRID = 64
_MARGIN = 16  # between a hole and the patch's own edge


class Box(NamedTuple):
    """A rectangle of whole pixels; right and bottom are the first outside it."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def parsed(cls, text: str) -> "Box":
        """Return the box that "x,y,width,height" means; raise a Refusal if it is none."""
        parts = text.split(",")
        if len(parts) != 4 or not all(part.isascii() and part.isdigit() for part in parts):
            problem = "patch_box must be x,y,width,height in whole pixels"
            raise Refusal(400, problem, field="patch_box")
        x, y, width, height = (int(part[:9]) for part in parts)
        return cls(x, y, x + width, y + height)

    def __str__(self) -> str:
        return f"{self.left},{self.top},{self.right - self.left},{self.bottom - self.top}"

    def of(self, pixels: np.ndarray) -> np.ndarray:
        """Return the part of H x W or H x W x C that lies in it."""
        return pixels[self.top : self.bottom, self.left : self.right]


class Upload(NamedTuple):
    """The files of a request: picture, mask, guidance and patch, and the patch's box."""

    files: dict[str, IO[bytes]]
    box: Box | None = None


@dataclass(frozen=True)
class Writing:
    """How a result is written; UsageError if the format cannot be."""

    format: str = ""  # an ending such as "png"; empty keeps the picture's own format
    quality: int | None = None  # 0 to 100; None keeps a JPEG's own
    patch: bool = False  # the next patch instead of the picture, exact, in PNG or TIFF
    rgb: bool = False  # CMYK, which PNG does not hold, becomes RGB

    def __post_init__(self) -> None:
        if self.format and f".{self._ending}".lower() not in WRITABLE_ENDINGS:
            problem = f"the format '{self.format}' is not written here"
            mend = "choose png (exact), jpg, webp, tif, ..."
            raise UsageError(problem, field="format", mend=mend)

    @property
    def name(self) -> str:
        """The name of a file that would be of that format."""
        return f"picture.{self._ending}" if self.format else "picture"

    @property
    def _ending(self) -> str:
        return self.format.removeprefix(".")

    def kind(self, document: Document) -> str:
        """Return the name of a result's format, as Pillow has it; UsageError if there is none."""
        if not self.format and document.format == "GIF":
            raise Refusal(400, "GIF is read, not written: choose format=png", field="format")
        return format_named(Path(self.name), document.format).name


def measure(upload: Upload, most: int, options: Options) -> int:
    """Return the pixels of all files, by their heads; refuse types and more than `most` pixels.

    The picture counts as large as the options make it.
    """
    heif_readable()
    total = 0
    for part, file in upload.files.items():
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
        if part == "picture":
            width, height = grown_size((width, height), options)
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


def read(upload: Upload, most: int, options: Options, writing: Writing) -> Job:
    """Decode the files of a request; refuse a picture that would grow to more than `most` pixels."""
    files, box = upload
    document = Document.open(files["picture"], "the picture")
    if box:
        document = patched(document, Document.open(files["patch"], "the patch"), box)
    width, height = grown_size(document.size, options)
    if options.grows and width * height > most:
        raise Refusal(
            413,
            f"the picture would become {width} x {height} pixels, more than the {most / 1e6:g} "
            "million that are taken here: add less",
            field="canvas" if options.canvas else "extend",
        )
    mask, note, guidance = None, Note(""), None
    if "mask" in files:
        mask, note = read_marks(files["mask"], options.threshold, "the mask")
    if "guidance" in files:
        guidance = np.asarray(read_rgb(files["guidance"], "the guidance"))
    writing.kind(document)
    if writing.rgb and document.mode == "CMYK":
        document = replace(Document.of_array(document.rgb()), notes=document.notes)
    return Job(document, mask, guidance, name="the picture", mask_note=note)


def patched(document: Document, patch: Document, box: Box) -> Document:
    """Return a document with a patch's samples at their place."""
    part = box.of(document.pixels)
    inside = box.right <= document.size[0] and box.bottom <= document.size[1]
    if not inside or patch.mode != document.mode or patch.pixels.shape != part.shape:
        raise Refusal(400, "the patch does not fit the picture and patch_box: send it as it came")
    unlike = part != patch.pixels
    hole = np.zeros(document.pixels.shape[:2], np.bool_)
    box.of(hole)[:] = unlike.any(axis=2) if unlike.ndim == 3 else unlike
    # All that filling does beside the samples is done, too.
    filled = document.filled(document.rgb(), hole)
    pixels = filled.pixels.copy()
    box.of(pixels)[:] = patch.pixels
    pixels.flags.writeable = False
    return replace(filled, pixels=pixels)


def cut(document: Document, box: Box) -> Document:
    """Return what lies in a box, with what says how its colours look and nothing else."""
    metadata = document.metadata
    icc = b"" if document.mode == "CMYK" else metadata.icc  # large, and read by nobody
    colours = Metadata(icc=icc, colour_chunks=metadata.colour_chunks)
    return replace(document, pixels=box.of(document.pixels), metadata=colours, source=None)


def next_patch(result: Result, last: Box | None) -> tuple[Document, Box]:
    """Return the patch of the last one and of what was filled since, and where it lies."""
    width, height = result.document.size
    columns, rows = (np.flatnonzero(result.hole.any(axis=axis)) for axis in (0, 1))
    left, right = _widened(columns, width)
    top, bottom = _widened(rows, height)
    box = Box(left, top, right, bottom)
    if last:
        box = Box(*map(min, box[:2], last[:2]), *map(max, box[2:], last[2:]))
    return cut(result.document, box), box


def _widened(indices: np.ndarray, side: int) -> tuple[int, int]:
    """Return the first and the last grid line round indices on an axis."""
    first, last = (int(indices[0]), int(indices[-1])) if indices.size else (0, 0)
    end = -(-(last + 1 + _MARGIN) // _GRID) * _GRID
    return max(0, first - _MARGIN) // _GRID * _GRID, min(side, end)


def response_of(result: Result, writing: Writing, last: Box | None) -> Response:
    """Return a filled picture as it is sent; of a patch also where it lies."""
    document, headers = result.document, {"X-Deepgin-Fit": _header(result.fit)}
    if writing.patch:
        document, box = next_patch(result, last)
        headers["X-Deepgin-Box"] = str(box)
        if document.mode == "CMYK":
            writing = replace(writing, format="tif")
    response = written(document, writing, spelled(result.warnings, in_request))
    response.headers.update(headers)
    return response


def written(document: Document, writing: Writing, warnings: Sequence[str] = ()) -> Response:
    """Return a picture as it is sent, with what must be said of it."""
    with tempfile.TemporaryDirectory(prefix="deepgin-") as folder:
        path = Path(folder) / writing.name
        try:
            notes = document.save(path, quality=writing.quality)
        except DeepginError as error:
            error.problem = error.problem.replace(str(path), "the result")
            raise
        content = path.read_bytes()
    kind = Image.MIME.get(writing.kind(document), "application/octet-stream")
    response = Response(content, media_type=kind, headers={"Cache-Control": "no-store"})
    if said := [*warnings, *([] if writing.patch else spelled(notes, in_request))]:
        response.headers["X-Deepgin-Warnings"] = _header("; ".join(said))
    return response


def _header(text: str) -> str:
    """Return text as a header's value."""
    return " ".join(text.encode("ascii", "backslashreplace").decode().split())
