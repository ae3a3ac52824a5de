"""What the names of files say: picture, mask or segmentation of which picture. No files here."""

import os
from collections.abc import Iterable
from pathlib import Path, PurePath

MASK_ENDINGS = ("_mask", "-mask")
HOLES = "_with_holes"
SEGMENTATION = "_seg"


def base(stem: str) -> str:
    """Return the name that a picture shares with its mask: without the AIM `_with_holes`."""
    return stem.removesuffix(HOLES) or stem


def picture_of_mask(stem: str) -> str:
    """Return the base name of the picture that a mask of this stem belongs to, or nothing."""
    return next((stem.removesuffix(e) for e in MASK_ENDINGS if stem.endswith(e)), "")


def mask_stems(stem: str) -> tuple[tuple[str, ...], ...]:
    """Return the stems that a picture's mask may have, the most telling ones first."""
    own = (stem, base(stem))
    return tuple(f"{name}{e}" for name in own for e in MASK_ENDINGS), own


def segmentation_stems(stem: str, beside: bool) -> tuple[tuple[str, ...], ...]:
    """Return the stems that a picture's segmentation may have; `beside` it, not its own."""
    own = (stem, base(stem))
    return tuple(f"{name}{SEGMENTATION}" for name in own), () if beside else own


def pictures_among(paths: Iterable[Path], *, segmented: bool = False) -> set[Path]:
    """Return the paths that are neither masks nor segmentations of others in the same folder.

    Args:
        paths: of files of one tree.
        segmented: take every `a_seg` beside an `a` for its segmentation, not only where
            `a_with_holes` or a mask beside it says that this is the AIM challenge's layout.
    """
    paths = [*paths]
    stems = {(path.parent, path.stem) for path in paths}
    bases = {(folder, base(stem)) for folder, stem in stems}

    def is_segmentation(path: Path) -> bool:
        name = path.stem.removesuffix(SEGMENTATION)
        if name == path.stem or (path.parent, name) not in bases:
            return False
        telling = (HOLES, *MASK_ENDINGS)
        return segmented or any((path.parent, name + ending) in stems for ending in telling)

    return {
        path
        for path in paths
        if (path.parent, picture_of_mask(path.stem)) not in bases and not is_segmentation(path)
    }


def shown(path: PurePath | str) -> str:
    r"""Return a path as it can be printed on one line: what is no text becomes \x...

    A name need not be UTF-8, and may hold line breaks.
    """
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def order(path: PurePath) -> bytes:
    """Return what paths are sorted by: their bytes, the same on every machine."""
    return path.as_posix().encode("utf-8", "surrogateescape")
