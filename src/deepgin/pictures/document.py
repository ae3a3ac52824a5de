"""A `Document`: a picture as its file has it, upright, whose holes alone ever change."""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image

from ..errors import UsageError
from .depth import cut_by_decoder, deep_samples, is_narrowed, key_white
from .fitting import bounded, fitted, remarks, suited
from .formats import format_named
from .formats.jpeg_blocks import blocks_keepable
from .formats.tiff import load, meant_grey
from .metadata import Metadata, metadata_of, orientation_of
from .metadata.facts import facts_of
from .metadata.xmp import provenance_in, with_provenance
from .modes import (
    DEEP_NAMES,
    NAMES,
    black_share,
    colours_of,
    has_alpha,
    image_of,
    is_deep,
    narrowed,
    own_samples,
    rgb_of_samples,
    samples_of_rgb,
    upright,
    white_of,
)
from .opening import check_format, naming, opened
from .write import pillow_options, write_samples


@dataclass(frozen=True, eq=False)
class Document:
    """A picture in its own mode and bit depth, with its metadata.

    Attributes:
        pixels: its own samples, read-only: H x W or H x W x C, uint8 or uint16; see `modes`.
        mode: `L, LA, RGB, RGBA, CMYK, I;16`, or `LA;16, RGB;16, RGBA;16`.
        format: the file's format as Pillow names it ("PNG", "JPEG", ...), or None.
        notes: warnings of how it was read.
        metadata: what its file says beside the pixels.
        source: the file it came from, or None.
        white: the full value of its colours.
    """

    pixels: np.ndarray
    mode: str
    format: str | None = None
    notes: tuple[str, ...] = ()
    metadata: Metadata = field(default_factory=Metadata, repr=False)
    source: Path | None = None
    white: int = field(default=255, repr=False)

    @classmethod
    def open(cls, source: str | Path | IO[bytes], name: str = "") -> "Document":
        """Read a picture file, upright; arguments are those of `opened`.

        Raises:
            PictureError: missing, damaged, too large, or of samples that cannot be kept.
        """
        with opened(source, name) as image:
            path = Path(source) if isinstance(source, str | Path) else None
            return replace(cls.read(image, turn=True), source=path)

    @classmethod
    def of(cls, image: Image.Image) -> "Document":
        """Take a PIL image as its pixels stand; its EXIF orientation stays as it is.

        Raises:
            PictureError: its samples cannot be kept, or its file is damaged or not read here.
        """
        with naming(getattr(image, "filename", "") or "the picture"):
            return cls.read(image, turn=False)

    @classmethod
    def read(cls, image: Image.Image, *, turn: bool) -> "Document":
        """Take an image as Pillow opens it, which is left loaded; errors do not name it.

        `turn` makes it upright and cuts it to its clean aperture.
        """
        check_format(image)
        frames = getattr(image, "n_frames", 1)
        notes, facts = cut_by_decoder(image), facts_of(image)
        if frames > 1:
            notes += (f"only the first of its {frames} pictures is used",)
        # Pillow turns TIFF, and only TIFF, when it decodes it, and forgets by how much.
        turned = image.format == "TIFF"
        orientation = orientation_of(image) if turned else 1
        white = None
        # Before EXIF is looked at, which decodes some formats.
        if is_narrowed(image):
            pixels = deep_samples(image)
            mode = DEEP_NAMES[pixels.shape[2]]
            load(image)
        else:
            key = key_white(image)
            load(image)
            pixels, mode, changes = own_samples(image, key)
            notes += changes
            if mode == "I;16":
                pixels, sure = meant_grey(image, pixels)
                white = 65535 if sure else None
        if turn and facts.shown:
            left, top, right, bottom = facts.shown
            pixels = pixels[top:bottom, left:right]
        if not turned:
            orientation = orientation_of(image) if turn else 0
            pixels = upright(pixels, orientation)
        metadata, losses = metadata_of(image, facts, orientation, colours_of(mode))
        return cls._made(
            pixels, mode, white, format=image.format, notes=notes + losses, metadata=metadata
        )

    @classmethod
    def of_array(cls, array: np.ndarray) -> "Document":
        """Take an array of uint8 or uint16: H x W (grey) or H x W x 1, 2, 3 or 4.

        Raises:
            UsageError: another type or shape.
        """
        channels = array.shape[2] if array.ndim == 3 else 1
        types = {"uint8": NAMES, "uint16": DEEP_NAMES}
        mode = types.get(array.dtype.name, {}).get(channels)
        if not mode or array.ndim not in (2, 3) or not array.size:
            raise UsageError(
                f"a picture array must be uint8 (or uint16) of H x W x 3 (or H x W, H x W x 1, 2 "
                f"or 4), not {array.dtype} of {' x '.join(map(str, array.shape))}"
            )
        return cls._made(array[..., 0] if array.ndim == 3 and channels == 1 else array, mode)

    @classmethod
    def _made(
        cls, pixels: np.ndarray, mode: str, white: int | None = None, **others: Any
    ) -> "Document":
        pixels = np.array(pixels, order="C")
        pixels.flags.writeable = False
        return cls(pixels, mode, white=white or white_of(pixels, mode), **others)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    def rgb(self) -> np.ndarray:
        """Return what the network sees: uint8, H x W x 3; colours under alpha 0 included."""
        return rgb_of_samples(self.pixels, self.mode, self.white)

    def unseen(self) -> np.ndarray:
        """Return where the picture is fully transparent, its colours no evidence: bool, H x W."""
        if not has_alpha(self.mode):
            return np.zeros(self.pixels.shape[:2], np.bool_)
        return self.pixels[..., -1] == 0

    def own_hole(self) -> np.ndarray:
        """Return the hole in the picture's own alpha (below half): bool, H x W.

        Raises:
            UsageError: it has no alpha.
        """
        if not has_alpha(self.mode):
            name = self.source or "the picture"
            raise UsageError(f"{name} has no alpha channel", field="mask", mend="give a mask")
        return self.pixels[..., -1] < (32768 if is_deep(self.mode) else 128)

    def filled(self, completed: np.ndarray, hole: np.ndarray, opaque: bool = False) -> "Document":
        """Return the document with the samples under `hole` taken from `completed`.

        Args:
            completed: uint8, H x W x 3.
            hole: bool, H x W; no sample outside it changes.
            opaque: the hole is the picture's own alpha: its pixels become opaque. Without it,
                alpha stays, and a fully transparent pixel stays as it was.
        """
        where = hole if opaque else hole & ~self.unseen()
        share = black_share(self.pixels, ~hole) if self.mode == "CMYK" else 0.0
        samples = samples_of_rgb(completed[where], self.mode, self.white, share)
        pixels = self.pixels.copy()
        if pixels.ndim == 2:
            pixels[where] = samples[:, 0]
        else:
            if has_alpha(self.mode):
                full = np.full((len(samples), 1), np.iinfo(pixels.dtype).max, pixels.dtype)
                alpha = full if opaque else pixels[where][:, -1:]
                samples = np.concatenate([samples, alpha], axis=1)
            pixels[where] = samples
        pixels.flags.writeable = False
        return replace(self, pixels=pixels)

    def extended(self, left: int, top: int, right: int, bottom: int) -> "Document":
        """Return the document with so many pixels more on each side, opaque, of no colour yet."""
        border = ((top, bottom), (left, right), (0, 0))[: self.pixels.ndim]
        pixels = np.pad(self.pixels, border)
        height, width = self.pixels.shape[:2]
        if has_alpha(self.mode):
            pixels[..., -1] = np.iinfo(pixels.dtype).max
            pixels[top : top + height, left : left + width, -1] = self.pixels[..., -1]
        pixels.flags.writeable = False
        size = width + left + right, height + top + bottom
        return replace(self, pixels=pixels, metadata=self.metadata.extended(size, (left, top)))

    def image(self) -> Image.Image:
        """Return it as a PIL image in its own mode, 16-bit colour as 8 bit."""
        deep_colour = is_deep(self.mode) and self.mode != "I;16"
        pixels = narrowed(self.pixels, self.mode, self.white)[0] if deep_colour else self.pixels
        image = image_of(pixels, self.mode)
        metadata = self.metadata
        info: dict[str, Any] = {"exif": metadata.exif, "icc_profile": metadata.icc}
        info |= {"xmp": metadata.xmp, "dpi": metadata.dpi}
        image.info |= {key: value for key, value in info.items() if value}
        return image

    def save(
        self,
        path: str | Path,
        *,
        quality: int | None = None,
        overwrite: bool = False,
        provenance: dict[str, Any] | None = None,
    ) -> tuple[str, ...]:
        """Write it whole or not at all, in the format of its name, else its own.

        Args:
            path: .png, .jpg, ... ; see `formats`.
            quality: 0 to 100, for JPEG, WebP, AVIF and HEIC. Without it a JPEG is coded as the
                JPEG that it was, WebP is lossless, and others are as near to exact as is sensible.
            overwrite: an existing file may be replaced; the picture's own file never.
            provenance: how it was made, as JSON can hold it; see `provenance_of`.

        Returns:
            Warnings of how it was written.

        Raises:
            UsageError: an unknown format, or one that cannot hold the picture or the provenance;
                `path` is the picture's own file, or exists and `overwrite` is False.
            DeepginError: the folder is missing or cannot be written, or the disk is full.
        """
        path = Path(path)
        target = format_named(path, self.format)
        if quality is not None and not 0 <= quality <= 100:
            problem = f"a quality of {quality} does not work"
            raise UsageError(problem, field="quality", mend="give 0 to 100")
        if self.source and os.path.exists(path) and path.samefile(self.source):
            raise UsageError(f"{path} is the picture itself: choose another name")
        pixels, mode, notes = fitted(self.pixels, self.mode, self.white, target, path)
        metadata = self.metadata
        if provenance is not None:
            if "xmp" not in target.kept:
                problem = f"{path}: {target.name} holds no provenance"
                raise UsageError(problem, field="format", mend="choose png")
            metadata = replace(metadata, xmp=with_provenance(metadata.xmp, provenance))
        metadata, changed, lost = suited(metadata, target.mode_for(mode) or mode, target)
        metadata, losses = bounded(target, metadata)
        options = pillow_options(target, mode, metadata, quality)
        as_it_was = target.name == "JPEG" and quality is None and metadata.jpeg
        original = as_it_was if as_it_was and as_it_was.file else None
        kept = write_samples(
            pixels, mode, path, target, options, overwrite=overwrite, original=original
        )
        notes += remarks(target, mode, metadata, quality=quality, kept=kept, lost=lost)
        notes += changed + losses
        if original and not blocks_keepable():
            notes += ("pip install 'deepgin[jpeg]' keeps the blocks of JPEG that no hole touches",)
        return notes


def provenance_of(path: str | Path) -> dict[str, Any] | None:
    """Return how a picture file says it was made, as `Document.save` wrote it; None if it does not.

    Raises:
        PictureError: as for `Document.open`.
    """
    return provenance_in(Document.open(path).metadata.xmp)
