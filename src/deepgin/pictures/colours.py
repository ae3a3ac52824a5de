"""Colour information beside the profile: read, and fitted to a format."""

from dataclasses import dataclass, replace
from typing import Any

from PIL import Image

from .bmff import clean_aperture, codes, light, properties
from .formats import Format
from .icc import like_srgb, matched, of_chunks, of_codes
from .metadata import Metadata
from .modes import colours_of, has_alpha, is_deep
from .png import LIGHT, Chunk, colour_chunks, texts, told_chunks

_BY_CODES = ("AVIF", "HEIF")


@dataclass(frozen=True)
class Told:
    """What only a file that is not yet decoded tells.

    Attributes:
        shown: what is to be seen of the stored pixels: left, top, right, bottom; None is all.
        codes: see `Metadata`.
        chunks: of a PNG, or what has their place elsewhere.
    """

    shown: tuple[int, int, int, int] | None = None
    codes: tuple[int, int] | None = None
    chunks: tuple[Chunk, ...] = ()

    def added(self, metadata: Metadata) -> Metadata:
        """Return metadata with it."""
        told: dict[str, Any] = {"codes": self.codes}
        if self.chunks:
            keys = {key for key, _ in metadata.text}
            told["text"] = tuple(pair for pair in texts(self.chunks) if pair[0] in keys)
            told["colour_chunks"] = colour_chunks(self.chunks)
        return replace(metadata, **told)


def told_by(image: Image.Image) -> Told:
    """Return what an opened image's file tells; nothing if it is decoded already."""
    if image.format == "HEIF" and (nclx := image.info.get("nclx_profile")):
        return Told(codes=_unusual((nclx["color_primaries"], nclx["transfer_characteristics"])))
    file: Any = getattr(image, "fp", None)
    if not file or image.format not in ("PNG", "AVIF"):
        return Told()
    if image.format == "PNG":
        chunks = told_chunks(file)
        cicp = dict(chunks).get(b"cICP", b"")
        return Told(chunks=chunks, codes=(cicp[0], cicp[1]) if len(cicp) == 4 else None)
    at = file.tell()
    file.seek(0)
    found = properties(file.read())
    file.seek(at)
    return Told(clean_aperture(found, image.size), _unusual(codes(found)), light(found))


def _unusual(found: tuple[int, int] | None) -> tuple[int, int] | None:
    return None if like_srgb(found) else found


def suited(
    metadata: Metadata, mode: str, target: Format
) -> tuple[Metadata, tuple[str, ...], list[str]]:
    """Return metadata whose colours are told as `target` can.

    Args:
        metadata: of the picture.
        mode: of the samples that are written.
        target: the format.

    Returns:
        It, what must be said of the profile, and what is lost.
    """
    icc, notes = matched(metadata.icc, colours_of(mode))
    named, chunks = metadata.codes, dict(metadata.colour_chunks)
    if target.name == "PNG":
        if named:
            chunks.setdefault(b"cICP", bytes([*named, 0, 1]))
        if b"sBIT" in chunks:
            chunks[b"sBIT"] = _bits(chunks[b"sBIT"], mode)
        kept = tuple((name, body) for name, body in chunks.items() if body)
        return replace(metadata, icc=icc, colour_chunks=kept), notes, []
    lost = [name.decode() for name in chunks if name in LIGHT]
    if any(bits not in (8, 16) for bits in chunks.get(b"sBIT", b"")):
        lost.append("sBIT")
    if metadata.aspect and target.name == "JPEG" and mode == "CMYK":
        lost.append("pixel aspect")  # which stands in a header that JPEG of inks lacks
    made, what = b"", ""
    if named and target.name not in _BY_CODES and not like_srgb(named):
        made, what = (
            b"" if icc else of_codes(named, colours_of(mode)),
            "colour codes (cICP or nclx)",
        )
    elif not named and not icc:
        made = of_chunks(metadata.colour_chunks, colours_of(mode))
        what = "gamma and primaries" if made else ""
    if made and "icc" in target.kept:
        icc = made
    elif what:
        lost.append(what)
    return replace(metadata, icc=icc, colour_chunks=()), notes, lost


def _bits(body: bytes, mode: str) -> bytes:
    """Return the significant bits of samples for a mode with or without alpha."""
    colours, full = colours_of(mode), 16 if is_deep(mode) else 8
    if len(body) not in (colours, colours + 1):
        return b""
    return body[:colours] + ((body[colours:] or bytes([full])) if has_alpha(mode) else b"")
