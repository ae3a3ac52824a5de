"""Pairing the names of pictures and masks, by the rules of the folder command."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..pictures.mask_index import AmbiguousMask, MaskIndex
from ..pictures.tree import is_picture, key, mask_stems, order, picture_of_mask, pictures_among


@dataclass(frozen=True)
class Entry:
    """A picture to fill.

    Attributes:
        name: below its source, with `/` between folders.
        mask: its mask's name; empty where one mask serves for all, or its own alpha is the hole.
        bytes: the size of the picture's file.
    """

    name: str
    mask: str = ""
    bytes: int = 0


@dataclass
class Names:
    """Names, paired.

    Attributes:
        entries: pictures, in the order of their names.
        failed: pictures that two masks fit, and the line that says so.
        lone_masks: masks without a picture.
    """

    entries: list[Entry] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    lone_masks: list[str] = field(default_factory=list)


def pair(
    names: Iterable[str], masks: Iterable[str] | None = None, *, one_for_all: bool = False
) -> Names:
    """Pair pictures with masks.

    Args:
        names: of pictures, and of the masks beside them; other files are skipped.
        masks: names below a folder of masks; None: they are beside their pictures.
        one_for_all: one mask serves for all: none is looked for.
    """
    apart = masks is not None
    paths = {Path(name): name for name in names if is_picture(name)}
    others = {Path(name): name for name in masks or () if is_picture(name)} if apart else paths
    pictures = pictures_among(paths, beside=not apart)
    index = MaskIndex(Path(), others if apart else paths.keys() - pictures)
    keys = {key(path.parent, path.stem) for path in pictures} if apart else ()
    made = Names()
    lone: list[Path] = []
    for path in sorted(pictures, key=order):
        try:
            stems = mask_stems(path.name)
            mask = None if one_for_all else index.find(path.parent, stems, keys)
        except AmbiguousMask as error:
            made.failed.append((paths[path], str(error)))
            continue
        if not (mask or apart or one_for_all) and picture_of_mask(path.stem):
            lone.append(path)
        else:
            made.entries.append(Entry(paths[path], others[mask] if mask else ""))
    if not one_for_all:
        lone += [path for path in index.unused() if apart or picture_of_mask(path.stem)]
    made.lone_masks = sorted(others[path] for path in lone)
    return made
