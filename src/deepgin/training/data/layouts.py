"""How known datasets lie on disk once downloaded, and how they are split.

A layout's training part is what `data.layout` trains on; its test part is never trained on. Where
the publisher has no split, ours comes from a named seed, and is the same on every machine.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ...errors import TrainingError, UsageError, nearest_name
from ..recipe import DataRecipe
from .sources import Entry, files_below, find_entries, is_segmentation, with_guidance

Part = Literal["train", "test"]


@dataclass(frozen=True)
class Layout:
    """A dataset as downloaded.

    Attributes:
        expected: what the folder should hold, for a person.
        train: patterns of the paths of its training pictures (of all, if `tested` says how to
            split them); the first that fits any picture holds.
        test: pattern of the paths of its test pictures; empty where we split.
        tested: how many pictures of how many are the test part, where we split.
    """

    expected: str
    train: tuple[str, ...]
    test: str = ""
    tested: tuple[int, int] = (0, 0)


_LAYOUTS = {
    # The full releases keep parts and instances as PNG beside the JPEG pictures.
    "ade20k": Layout(
        "images/training/... and images/validation/... with *.jpg (ADE20K or ADEChallengeData2016)",
        (r"images/(ADE/)?training/.+\.jpg",),
        r"images/(ADE/)?validation/.+\.jpg",
    ),
    "celebahq": Layout(
        "CelebA-HQ-img/0.jpg to 29999.jpg, or a folder of numbered pictures",
        # First without the masks that lie beside CelebAMask-HQ's pictures, numbered as they are.
        (r"CelebA-HQ-img/\d+\.jpg", r"\d+\.(jpe?g|png|webp)"),
        tested=(3_000, 30_000),
    ),
    "ffhq": Layout(
        "images1024x1024/00000/00000.png to 69999.png",
        (r"images1024x1024/(.+/)?\d{5}\.(png|jpe?g|webp)",),
        tested=(1_000, 70_000),
    ),
    "oxford": Layout(
        "oxbuild_images with all_souls_000000.jpg and so on",
        (r"[a-z_]+_\d{6}\.jpg",),
        tested=(523, 5_062),
    ),
    "places": Layout(
        "train/abbey/*.jpg and val/... (places365_standard), or data_256/a/abbey/*.jpg and val_256",
        (r"(train|(data|train)(_256|_large))(_standard)?/.+\.jpg",),
        r"val(_256|_large)?(_standard)?/.+\.jpg",
    ),
}


def layout_entries(folder: str | Path, layout: str, part: Part) -> list[Entry]:
    """List one part of a dataset's pictures, in the natural order of their names.

    Args:
        folder: where the dataset was unpacked, or one of the folders that its layout names.
        layout: ade20k, celebahq, ffhq, oxford or places.
        part: train or test.

    Raises:
        UsageError: no such layout.
        TrainingError: the folder does not hold it.
    """
    if layout not in _LAYOUTS:
        hint = nearest_name(layout, list(_LAYOUTS))
        raise UsageError(
            f"no layout '{layout}'{hint}: choose one of {', '.join(_LAYOUTS)}", field="data.layout"
        )
    folder, known = Path(folder), _LAYOUTS[layout]
    own_test = part == "test" and known.test
    patterns = (known.test,) if own_test else known.train
    listings = (_matching(folder, pattern, "" if own_test else known.test) for pattern in patterns)
    entries = next(filter(None, listings), [])
    if not entries:
        raise TrainingError(
            f"{folder} has no {part} pictures of the layout {layout}: expected {known.expected}"
        )
    if not known.tested[0]:
        return entries
    names = set(split([entry.name for entry in entries], layout)[part == "test"])
    return [entry for entry in entries if entry.name in names]


def _matching(folder: Path, pattern: str, unless: str) -> list[Entry]:
    """Return the pictures whose path ends as `pattern` says and not as `unless` does."""
    if not folder.is_dir():
        raise TrainingError(f"{folder}: no such folder of pictures")
    files = sorted(files_below(folder), key=lambda file: _natural(file[1]))
    included, excluded = (re.compile(f"(?:.*/)?{text or '(?!)'}") for text in (pattern, unless))
    # Where nothing fits, the folders that the pattern begins with may have been named themselves
    # (.../images/training). Not before: any folder may lie in one called train.
    for above in ("", "/".join([*folder.resolve().parts[-3:], ""])):
        entries = with_guidance(
            Entry(file, name)
            for file, name in files
            if is_segmentation(name)
            or (included.fullmatch(above + name) and not excluded.fullmatch(above + name))
        )
        if entries:
            return entries
    return []


def _natural(name: str) -> tuple[list[str | int], str]:
    """Return a key that sorts 2.jpg before 10.jpg; the name itself tells 1.jpg from 01.jpg."""
    parts = re.split(r"([0-9]+)", name)
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], name


def split(names: Sequence[str], layout: str) -> tuple[list[str], list[str]]:
    """Split the names of celebahq, ffhq or oxford: training and test, each in natural order.

    CelebA-HQ 27,000 and 3,000; FFHQ 69,000 and 1,000; Oxford Buildings the rest and 523. A part of
    a dataset is split in the same proportion, but by a permutation of its own: its training part
    may hold test pictures of the whole.
    """
    count, published = _LAYOUTS[layout].tested
    ordered = sorted(names, key=_natural)
    if len(ordered) < published:
        count = int(count * len(ordered) / published + 0.5)
    draws = random.Random(f"deepgin/split/{layout}")
    keys = [draws.random() for _ in ordered]
    chosen = set(sorted(range(len(ordered)), key=lambda i: keys[i])[:count])
    train = [name for i, name in enumerate(ordered) if i not in chosen]
    return train, [ordered[i] for i in sorted(chosen)]


def training_entries(recipe: DataRecipe, guidance: bool = False) -> list[Entry]:
    """List the local training pictures of `recipe.train`; with `guidance`, of those that have one.

    Raises:
        TrainingError: there are none.
    """
    if recipe.layout == "folder":
        entries = find_entries(recipe.train)
    else:
        entries = layout_entries(recipe.train, recipe.layout, "train")
    if not guidance:
        return entries
    entries = [entry for entry in entries if entry.guidance]
    if not entries:
        raise TrainingError(
            f"{recipe.train}: no picture has a segmentation, NAME_seg.png beside NAME.jpg, "
            "which a network with guidance trains from"
        )
    return entries
