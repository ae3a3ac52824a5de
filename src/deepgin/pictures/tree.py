"""Listing the files of folders, and which are pictures, masks or segmentations by name."""

import os
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TypeAlias, TypeVar

import numpy as np

from ..console import shown
from ..errors import PictureError, UsageError
from .formats import WRITABLE_ENDINGS

PICTURE_SUFFIXES = WRITABLE_ENDINGS | {".gif"}
"""Suffixes of the files that are taken for pictures. A GIF can be read but not written."""

SEGMENTATION = "_seg"
"""`a_seg.png` is the segmentation of the picture `a.jpg` beside it."""

_MASK = "_mask"
_HOLES = "_with_holes"
_MASK_NAME = re.compile(r"(.+)[._-]mask\d*|mask[._-](.+)", re.IGNORECASE | re.DOTALL)

T = TypeVar("T")
Failure: TypeAlias = tuple[str, str]
"""The name of a file, printable, and in one line why it failed."""


@dataclass
class Tree:
    """The files of a folder tree.

    Attributes:
        files: paths below the folder, sorted by their bytes.
        failed: folders that cannot be read, and why.
        notes: links that lead in circles.
    """

    files: list[Path] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def walk(
    root: Path,
    left_out: Iterable[Path] = (),
    *,
    below: bool = True,
    suffixes: Collection[str] | None = PICTURE_SUFFIXES,
) -> Tree:
    """List the files of a folder tree. Links are followed, but not in circles; hidden names skipped.

    Args:
        root: an existing folder.
        left_out: folders that are skipped.
        below: list the folders below it too.
        suffixes: of the files that are listed, in lower case; None takes all files.
    """
    tree = Tree()
    skipped = [os.stat(path) for path in left_out if os.path.isdir(path)]

    def enter(folder: Path, inside: Path, above: tuple[os.stat_result, ...]) -> None:
        try:
            identity = folder.stat()
            if above and any(os.path.samestat(identity, one) for one in skipped):
                return
            if any(os.path.samestat(identity, one) for one in above):
                tree.notes.append(f"{shown(inside)} is a link in a circle: passed over")
                return
            entries = [*os.scandir(folder)]
        except OSError as error:
            tree.failed.append((shown(inside), f"cannot be read: {error.strerror}"))
            return
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if _is_folder(entry):
                if below:
                    enter(folder / entry.name, inside / entry.name, (*above, identity))
                continue
            listed = suffixes is None or PurePath(entry.name).suffix.lower() in suffixes
            if listed and _is_file(entry):
                tree.files.append(inside / entry.name)

    enter(root, Path(), ())
    tree.files.sort(key=order)
    tree.failed.sort()
    tree.notes.sort()
    return tree


def is_picture(name: str | PurePath) -> bool:
    """Return whether a file has the suffix of a picture and neither it nor a folder is hidden."""
    return PurePath(name).suffix.lower() in PICTURE_SUFFIXES and not is_hidden(name)


def is_hidden(name: str | PurePath) -> bool:
    """Return whether a path, or a folder in it, begins with a dot."""
    return any(part.startswith(".") for part in PurePath(name).parts)


def find_pictures(folder: str | Path, limit: int = 0) -> list[Path]:
    """List the pictures of a folder tree in the order of their paths; see `pictures_among`.

    At most `limit` are taken, evenly spaced; 0 takes all.

    Raises:
        PictureError: no such folder, a folder that cannot be read, or no pictures.
        UsageError: `limit` is below 0.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise PictureError(f"{folder}: no such folder of pictures")
    tree = walk(folder)
    for name, why in tree.failed:
        raise PictureError(f"{shown(folder / name)} {why}")
    pictures = pictures_among(tree.files)
    files = [folder / path for path in tree.files if path in pictures]
    if not files:
        raise PictureError(f"{folder} holds no pictures ({' '.join(sorted(PICTURE_SUFFIXES))})")
    return evenly(files, limit)


def evenly(items: Sequence[T], limit: int) -> list[T]:
    """Return at most `limit` of the items, evenly spaced; 0 takes all.

    Raises:
        UsageError: `limit` is below 0.
    """
    if limit < 0:
        problem = f"a limit of {limit} pictures does not work"
        raise UsageError(problem, field="limit", mend="at least 1, or 0")
    if 0 < limit < len(items):
        return [items[i] for i in np.linspace(0, len(items) - 1, limit).round().astype(int)]
    return [*items]


def masks_among(paths: Iterable[PurePath]) -> set[PurePath]:
    """Return the paths that are masks of other paths in the same folder: `a_mask` beside an `a`."""
    paths = [*paths]
    pictures = _picture_keys(paths)
    return {p for p in paths if key(p.parent, picture_of_mask(p.stem)) in pictures}


def pictures_among(
    paths: Iterable[Path], *, segmented: bool = False, beside: bool = True
) -> set[Path]:
    """Return the paths that are neither masks nor segmentations of others in the same folder.

    Args:
        paths: of files of one tree.
        segmented: take every `a_seg` beside an `a` for its segmentation, not only where
            `a_with_holes` or a mask beside it says that this is the AIM challenge's layout.
        beside: masks lie beside their pictures; else a file named as a mask is a picture too.
    """
    paths = [*paths]
    stems = {one for path in paths for one in keys(path)}
    pictures = _picture_keys(paths)

    def is_segmentation(path: Path) -> bool:
        name = path.stem.removesuffix(SEGMENTATION)
        if name == path.stem or key(path.parent, name) not in pictures:
            return False
        return segmented or any(key(path.parent, name + end) in stems for end in (_HOLES, _MASK))

    masks = masks_among(paths) if beside else set()
    return {path for path in paths if path not in masks and not is_segmentation(path)}


def picture_of_mask(stem: str) -> str:
    """Return the stem or name of the picture that a mask of this stem belongs to, or nothing.

    It is `a` for `a_mask`, `a-mask`, `a.mask`, `a_MASK`, `a_mask001` and `mask_a`.
    """
    match = _MASK_NAME.fullmatch(stem)
    return (match[1] or match[2]) if match else ""


def base(stem: str) -> str:
    """Return the name that a picture shares with its mask: without the AIM `_with_holes`."""
    return stem.removesuffix(_HOLES) or stem


def mask_stems(name: str) -> tuple[tuple[str, ...], ...]:
    """Return the stems that a picture's mask may have, best first: `a.jpg.png` masks `a.jpg`."""
    stem = PurePath(name).stem
    own = (stem, base(stem), name)
    return tuple(part + _MASK for part in own), own


def segmentation_stems(stem: str, beside: bool) -> tuple[tuple[str, ...], ...]:
    """Return the stems that a picture's segmentation may have; `beside` it, not its own."""
    own = (stem, base(stem))
    return tuple(name + SEGMENTATION for name in own), () if beside else own


def key(folder: PurePath, stem: str) -> tuple[str, str]:
    """Return folder and stem for comparing: an accented letter may be one code point or two."""
    return unicodedata.normalize("NFC", folder.as_posix()), unicodedata.normalize("NFC", stem)


def order(path: PurePath) -> bytes:
    """Return the bytes of a path. Sorting by them gives the same order on every machine."""
    return path.as_posix().encode("utf-8", "surrogateescape")


def keys(path: PurePath) -> set[tuple[str, str]]:
    """Return the keys of a file: its own, and that of `a_mask` for any mask of `a`."""
    of = picture_of_mask(path.stem)
    return {key(path.parent, stem) for stem in (path.stem, of + _MASK if of else path.stem)}


def _picture_keys(paths: Iterable[PurePath]) -> set[tuple[str, str]]:
    """Return the keys under which masks name these files: stem, stem of AIM, and whole name."""
    return {key(p.parent, name) for p in paths for name in (p.stem, base(p.stem), p.name)}


def _is_folder(entry: os.DirEntry[str]) -> bool:
    with suppress(OSError):  # a link to itself
        return entry.is_dir()
    return False


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Return whether it is a file, and no pipe. A broken link is one: opening it says why."""
    with suppress(OSError):
        return entry.is_file() or (entry.is_symlink() and not os.path.exists(entry.path))
    return True
