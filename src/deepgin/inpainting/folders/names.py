"""What the names of files say: picture, mask or segmentation of which picture. No files here."""

from collections.abc import Iterable
from pathlib import Path, PurePath

from ...console import shown as shown  # noqa: PLC0414, its neighbours import it from here
from ...pictures import one_name, picture_of_mask

MASK = "_mask"
HOLES = "_with_holes"
SEGMENTATION = "_seg"


def base(stem: str) -> str:
    """Return the name that a picture shares with its mask: without the AIM `_with_holes`."""
    return stem.removesuffix(HOLES) or stem


def mask_stems(name: str) -> tuple[tuple[str, ...], ...]:
    """Return the stems that the mask of a picture may have, the most telling ones first.

    Args:
        name: the picture's, with its ending: `a.jpg.png` is a mask of `a.jpg`.
    """
    stem = PurePath(name).stem
    own = (stem, base(stem), name)
    return tuple(part + MASK for part in own), own


def keys(path: PurePath) -> set[tuple[str, str]]:
    """Return what a file is found by: its folder with its stem, and `a_mask` for any mask of `a`."""
    of = picture_of_mask(path.stem)
    return {key(path.parent, stem) for stem in (path.stem, of + MASK if of else path.stem)}


def key(folder: PurePath, stem: str) -> tuple[str, str]:
    """Return folder and stem as they compare."""
    return one_name(folder.as_posix()), one_name(stem)


def segmentation_stems(stem: str, beside: bool) -> tuple[tuple[str, ...], ...]:
    """Return the stems that a picture's segmentation may have; `beside` it, not its own."""
    own = (stem, base(stem))
    return tuple(f"{name}{SEGMENTATION}" for name in own), () if beside else own


def pictures_among(
    paths: Iterable[Path], *, segmented: bool = False, beside: bool = True
) -> set[Path]:
    """Return the paths that are neither masks nor segmentations of others in the same folder.

    Args:
        paths: of files of one tree.
        segmented: take every `a_seg` beside an `a` for its segmentation, not only where
            `a_with_holes` or a mask beside it says that this is the AIM challenge's layout.
        beside: masks lie beside their pictures; else what is named as one is a picture too.
    """
    paths = [*paths]
    stems = {found for path in paths for found in keys(path)}
    bases = {key(p.parent, name) for p in paths for name in (base(p.stem), p.name)}

    def is_segmentation(path: Path) -> bool:
        name = path.stem.removesuffix(SEGMENTATION)
        if name == path.stem or key(path.parent, name) not in bases:
            return False
        telling = (HOLES, MASK)
        return segmented or any(key(path.parent, name + ending) in stems for ending in telling)

    return {
        path
        for path in paths
        if not (beside and key(path.parent, picture_of_mask(path.stem)) in bases)
        and not is_segmentation(path)
    }


def order(path: PurePath) -> bytes:
    """Return what paths are sorted by: their bytes, the same on every machine."""
    return path.as_posix().encode("utf-8", "surrogateescape")
