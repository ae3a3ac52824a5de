"""Which of many names are pictures, and which mask belongs to which. No files here."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..inpainting.folders.names import mask_stems, order, picture_of_mask, pictures_among, shown
from ..pictures import WRITABLE_ENDINGS

_DOTTED = ".mask"
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
    """Pair pictures with masks as the folder command does, and by `NAME.mask.png` too.

    Args:
        names: of pictures, and of the masks beside them; others are passed over.
        masks: names below a folder of masks; None: they are beside their pictures.
        one_for_all: one mask serves for all: none is looked for.
    """
    usual = {name: _usual(Path(name)) for name in names if is_shown_picture(name)}
    pictures = pictures_among(usual.values())
    mine = [name for name, path in usual.items() if path in pictures and path == Path(name)]
    beside = usual.keys() - set(mine)
    shelf: dict[Path, list[str]] = defaultdict(list)
    for name in beside if masks is None else filter(is_shown_picture, masks):
        path = _usual(Path(name))
        shelf[path.with_name(path.stem)].append(name)
    found = Names()
    used: set[str] = set()
    for name in sorted(mine, key=lambda name: order(Path(name))):
        groups = [] if one_for_all else _fitting(Path(name), shelf)
        used.update(mask for group in groups for mask in group)
        best: Sequence[str] = next(filter(None, groups), [])
        if len(best) > 1:
            told = " and ".join(shown(mask) for mask in sorted(best))
            found.failed.append((name, f"{told} both fit: keep one of them"))
        elif masks is None and not best and not one_for_all and picture_of_mask(Path(name).stem):
            found.lone_masks.append(name)
        else:
            found.entries.append(Entry(name, next(iter(best), "")))
    if not one_for_all:
        every = {name for group in shelf.values() for name in group}
        lone = {name for name in every - used if masks is not None or _is_mask(name)}
        found.lone_masks = sorted({*found.lone_masks, *lone})
    return found


def _fitting(picture: Path, shelf: dict[Path, list[str]]) -> list[list[str]]:
    """Return the masks that fit a picture, those that fit best first."""
    return [
        [name for stem in dict.fromkeys(group) for name in shelf.get(picture.with_name(stem), ())]
        for group in mask_stems(picture.stem)
    ]


def _is_mask(name: str) -> bool:
    return bool(picture_of_mask(_usual(Path(name)).stem))


def _usual(path: Path) -> Path:
    """Return `a_mask.png` for `a.mask.png`, which shards have, and other paths as they are."""
    stem = path.stem.removesuffix(_DOTTED)
    return path if stem in ("", path.stem) else path.with_name(f"{stem}_mask{path.suffix}")
