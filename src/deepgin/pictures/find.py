"""Finding picture files in folders."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath

import numpy as np

from ..errors import PictureError, UsageError

PICTURE_ENDINGS = frozenset([".jpg", ".jpeg", ".png", ".webp", ".avif", ".bmp", ".tif", ".tiff"])

_MASK = re.compile(r"(.+)[._-]mask\d*|mask[._-](.+)", re.IGNORECASE | re.DOTALL)


def is_picture(name: str | Path) -> bool:
    """Return whether a file's name ends as a picture's does."""
    return Path(name).suffix.lower() in PICTURE_ENDINGS


def find_pictures(folder: str | Path, limit: int = 0) -> list[Path]:
    """List the pictures of a folder tree in the order of their paths.

    Args:
        folder: hidden files and folders in it are passed over, and so are masks beside their
            pictures (see `masks_among`).
        limit: at most so many, taken evenly; 0 takes all.

    Raises:
        PictureError: no such folder, or no pictures in it.
        UsageError: `limit` is below 0.
    """
    folder = Path(folder)
    if limit < 0:
        raise UsageError(f"a limit of {limit} pictures does not work: at least 1, or 0 for all")
    if not folder.is_dir():
        raise PictureError(f"{folder}: no such folder of pictures")
    inside = sorted(
        (path.relative_to(folder) for path in folder.rglob("*") if is_picture(path)),
        key=lambda path: path.as_posix(),
    )
    masks = masks_among([path.as_posix() for path in inside])
    files = [
        folder / path
        for path in inside
        if not any(part.startswith(".") for part in path.parts)
        and path.as_posix() not in masks
        and (folder / path).is_file()
    ]
    if not files:
        raise PictureError(f"{folder} holds no pictures ({' '.join(sorted(PICTURE_ENDINGS))})")
    return evenly(files, limit)


def masks_among(names: Iterable[str]) -> set[str]:
    """Return those of the names that are a mask's, named after another that is a picture's.

    `a/b_mask.png` is one where there is an `a/b` of any ending; see `picture_of_mask`.
    """
    paths = {name: PurePath(one_name(name)) for name in names}
    pictures = {named for path in paths.values() for named in (path, path.with_suffix(""))}
    return {
        name
        for name, path in paths.items()
        if (of := picture_of_mask(path.stem)) and path.with_name(of) in pictures
    }


def picture_of_mask(stem: str) -> str:
    """Return the stem or name of the picture that a mask of this stem belongs to, or nothing.

    It is `a` for `a_mask`, `a-mask`, `a.mask`, `a_MASK`, `a_mask001` and `mask_a`.
    """
    found = _MASK.fullmatch(stem)
    return (found[1] or found[2]) if found else ""


def one_name(text: str) -> str:
    """Return a name as it compares: an accented letter may be one code point or two."""
    return unicodedata.normalize("NFC", text)


def evenly(files: Sequence[Path], limit: int) -> list[Path]:
    """Return at most `limit` of the files, taken evenly; 0 takes all."""
    if 0 < limit < len(files):
        return [files[i] for i in np.linspace(0, len(files) - 1, limit).round().astype(int)]
    return [*files]
