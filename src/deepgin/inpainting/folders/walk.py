"""Listing the picture files of a folder tree, links and all. What belongs together: pairing.py."""

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from ...pictures import WRITABLE_ENDINGS
from .names import order, shown

Failure: TypeAlias = tuple[str, str]
"""The name of what failed, as it can be printed, and why in one line."""


@dataclass
class Tree:
    """The picture files of a folder.

    Attributes:
        files: their paths below the folder, in the order of their bytes, each with its size in
            bytes.
        failed: folders that cannot be read, and why.
        notes: links that lead in circles.
    """

    files: dict[Path, int] = field(default_factory=dict)
    failed: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def walk(root: Path, left_out: Iterable[Path] = (), *, below: bool = True) -> Tree:
    """List a folder's pictures; links are followed, hidden files and folders passed over.

    Args:
        root: an existing folder.
        left_out: folders whose content is none of it, where they exist.
        below: list the folders below it too.
    """
    found = Tree()
    outside = {_identity(path) for path in left_out if os.path.isdir(path)} if below else None
    _enter(root, Path(), found, (), outside)
    found.files = {path: found.files[path] for path in sorted(found.files, key=order)}
    return found


def _enter(
    folder: Path,
    inside: Path,
    found: Tree,
    above: tuple[tuple[int, int], ...],
    outside: set[tuple[int, int]] | None,
) -> None:
    """Add what a folder and those below it (but for `outside`) hold; `above` led to it."""
    try:
        identity = _identity(folder)
        if outside and identity in outside:
            return
        if identity in above:
            found.notes.append(f"{shown(inside)} is a link in a circle: passed over")
            return
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        found.failed.append((shown(inside), f"cannot be read: {error.strerror}"))
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        path = inside / entry.name
        if _is_folder(entry):
            if outside is not None:
                _enter(folder / entry.name, path, found, (*above, identity), outside)
        elif _is_picture(entry.name) and (size := _size(entry)) is not None:
            found.files[path] = size


def _is_picture(name: str) -> bool:
    """Return whether a person takes it for a picture, even if nothing can be done with it."""
    return Path(name).suffix.lower() in WRITABLE_ENDINGS | {".gif"}


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _size(entry: os.DirEntry[str]) -> int | None:
    """Return the size of a file, 0 of a link to nothing, None of what is no file (a pipe)."""
    try:
        status = entry.stat()
    except OSError:
        return 0  # opening it will say what is wrong
    return status.st_size if stat.S_ISREG(status.st_mode) else None
