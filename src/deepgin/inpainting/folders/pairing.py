"""Which mask and segmentation belong to which picture: by name and folder, never by order."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path

from ...console import shown
from ...errors import PictureError
from ...pictures.mask_index import AmbiguousMask, MaskIndex
from ...pictures.tree import (
    Failure,
    evenly,
    key,
    mask_stems,
    order,
    picture_of_mask,
    pictures_among,
    segmentation_stems,
    walk,
)


@dataclass(frozen=True)
class Pair:
    """A picture and what belongs to it.

    Attributes:
        picture: its file.
        inside: its path below the source.
        mask: its mask's file; None where the mask is made from the picture.
        guidance: its segmentation's file, if there is one.
        bytes: the size of the picture's file.
    """

    picture: Path
    inside: Path
    mask: Path | None = None
    guidance: Path | None = None
    bytes: int = 0

    @property
    def name(self) -> str:
        """The path below the source, as it can be printed."""
        return shown(self.inside)


@dataclass
class Pairs:
    """The pictures of a source and their masks, in the order of their paths.

    Attributes:
        pairs: what can be filled.
        lone_pictures: paths, below the source, of pictures without a mask.
        lone_masks: paths, below the masks, of masks without a picture.
        passed_over: paths of masks, by their names, that are not used.
        failed: names of pictures and folders that cannot be paired or listed, and why.
        notes: warnings.
    """

    pairs: list[Pair] = field(default_factory=list)
    lone_pictures: list[Path] = field(default_factory=list)
    lone_masks: list[Path] = field(default_factory=list)
    passed_over: list[Path] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def find_pairs(
    source: Path,
    masks: Path | None = None,
    *,
    guidance: Path | None = None,
    masked: bool = True,
    glob: str = "",
    limit: int = 0,
    left_out: Iterable[Path] = (),
) -> Pairs:
    """Pair the pictures of `source` with their masks.

    A mask of `a.jpg` is named `a`, `a.jpg` or as `picture_of_mask` has it, and lies in the same
    folder below `masks` as the picture does below `source`; without `masks` it lies beside its
    picture, named as `picture_of_mask` has it. The names of the AIM challenge count:
    `a_with_holes`, `a_mask`, `a_seg`. A mask with the very name of a picture is that picture's
    alone.

    Args:
        source: a picture, or a folder of pictures.
        masks: a mask for all pictures, a folder of masks, or None.
        guidance: a segmentation for all, a folder of them, or None for those beside their pictures.
        masked: whether a picture needs a mask's file; False where masks are made otherwise.
        glob: only pictures whose name (or, with a `/` in it, path below `source`) it matches.
        limit: use at most so many pairs, evenly spaced; 0 takes all.
        left_out: folders that are neither pictures nor masks: the target.

    Raises:
        PictureError: no such file or folder.
        UsageError: `limit` is below 0.
    """
    for path in (source, masks, guidance):
        if path is not None and not os.path.exists(path):
            raise PictureError(f"{shown(path)}: no such file or folder")
    left_out = [*left_out]
    root = source if source.is_dir() else source.parent
    others = [p for p in (masks, guidance) if p is not None and p.is_dir() and not p.samefile(root)]
    tree = walk(root, [*left_out, *others], below=source.is_dir())
    apart = masks in others
    named = pictures_among(tree.files, segmented=guidance is not None, beside=not apart)
    if source.is_dir():
        pictures = named - {_inside(root, path) for path in (masks, guidance) if path is not None}
    else:
        pictures = {Path(source.name)}  # whatever its ending
    known = {key(path.parent, path.stem) for path in named} if apart else ()
    beside = [path for path in tree.files if path not in pictures]
    index = MaskIndex.of(masks, root, beside, left_out)
    segmentations = MaskIndex.of(guidance, root, beside, left_out)
    made = Pairs(failed=[*tree.failed, *index.tree.failed, *segmentations.tree.failed])
    made.notes = [*tree.notes, *index.tree.notes, *segmentations.tree.notes]
    for path in sorted(pictures, key=order):
        pair = Pair(root / path, path, bytes=_size(root / path))
        stems = segmentation_stems(path.stem, beside=guidance is None)
        try:
            mask = index.find(path.parent, mask_stems(path.name), known) if masked else None
            pair = replace(pair, mask=mask, guidance=segmentations.find(path.parent, stems))
        except AmbiguousMask as error:
            made.failed.append((pair.name, str(error)))
        else:
            # Only now, so that the mask of a picture that is not asked for is not without picture.
            if not fnmatchcase(path.as_posix() if "/" in glob else path.name, glob or "*"):
                continue
            (made.pairs.append(pair) if mask or not masked else made.lone_pictures.append(path))
    if masked and index.for_all is None and source.is_dir():
        made.passed_over = index.passed_over()
        _set_apart_masks(made, index, segmentations, masks is None)
    elif source.is_dir():
        for_all = {_inside(root, path) for path in (masks, guidance) if path is not None}
        made.passed_over = [p for p in beside if picture_of_mask(p.stem) and p not in for_all]
    made.pairs = evenly(made.pairs, limit)
    return made


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # a broken link: opening it says what is wrong
        return 0


def _inside(root: Path, path: Path) -> Path:
    """Return where `path` lies below `root`, or the path itself if it lies elsewhere."""
    place, root = path.resolve(), root.resolve()
    return place.relative_to(root) if place.is_relative_to(root) else path


def _set_apart_masks(made: Pairs, index: MaskIndex, segmentations: MaskIndex, beside: bool) -> None:
    """Find the masks that have no picture; beside pictures they may have been taken for some."""
    unused = set(index.unused())
    if index.root == segmentations.root:
        unused &= set(segmentations.unused())
    if beside:
        lone = {path for path in made.lone_pictures if picture_of_mask(path.stem)}
        made.lone_pictures = [path for path in made.lone_pictures if path not in lone]
        unused |= lone
    made.lone_masks = sorted(unused, key=order)
