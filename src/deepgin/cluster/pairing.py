"""Which of many names are pictures, and which mask belongs to which. No files here."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..pictures import WRITABLE_ENDINGS, picture_of_mask
from ..pictures.tree import key, keys, mask_stems, order, pictures_among, shown

_ENDINGS = WRITABLE_ENDINGS | {".gif"}  # as the folder command: people take it for a picture


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
    """What a list of names holds.

    Attributes:
        entries: pictures, in the order of their names.
        failed: pictures that two masks fit, and the line that says so.
        lone_masks: masks without a picture.
    """

    entries: list[Entry] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    lone_masks: list[str] = field(default_factory=list)


def is_shown_picture(name: str) -> bool:
    """Return whether people take a file for a picture, and it is not hidden (nor are its folders)."""
    path = Path(name)
    return path.suffix.lower() in _ENDINGS and not any(p.startswith(".") for p in path.parts)


def pair(
    names: Iterable[str], masks: Iterable[str] | None = None, *, one_for_all: bool = False
) -> Names:
    """Pair pictures with masks as the folder command does.

    Args:
        names: of pictures, and of the masks beside them; others are passed over.
        masks: names below a folder of masks; None: they are beside their pictures.
        one_for_all: one mask serves for all: none is looked for.
    """
    paths = {name: Path(name) for name in names if is_shown_picture(name)}
    pictures = pictures_among(paths.values())
    mine = [name for name, path in paths.items() if path in pictures]
    beside = paths.keys() - set(mine)
    shelf: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in beside if masks is None else filter(is_shown_picture, masks):
        for place in keys(Path(name)):
            shelf[place].append(name)
    found = Names()
    used: set[str] = set()
    for name in sorted(mine, key=lambda name: order(Path(name))):
        groups = [] if one_for_all else _fitting(Path(name), shelf)
        used.update(mask for group in groups for mask in group)
        best: Sequence[str] = next(filter(None, groups), [])
        if len(best) > 1:
            told = " and ".join(shown(mask) for mask in sorted(best))
            found.failed.append((name, f"{told} both fit: keep one of them"))
        elif masks is None and not best and not one_for_all and _is_mask(name):
            found.lone_masks.append(name)
        else:
            found.entries.append(Entry(name, next(iter(best), "")))
    if not one_for_all:
        every = {name for group in shelf.values() for name in group}
        lone = {name for name in every - used if masks is not None or _is_mask(name)}
        found.lone_masks = sorted({*found.lone_masks, *lone})
    return found


def _fitting(picture: Path, shelf: dict[tuple[str, str], list[str]]) -> list[list[str]]:
    """Return the masks that fit a picture, those that fit best first."""
    places = ([key(picture.parent, stem) for stem in group] for group in mask_stems(picture.name))
    return [
        [*dict.fromkeys(n for place in group for n in shelf.get(place, ()))] for group in places
    ]


def _is_mask(name: str) -> bool:
    return bool(picture_of_mask(Path(name).stem))
