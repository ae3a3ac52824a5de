"""Where local pictures lie: folders and tar shards."""

import tarfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePath, PurePosixPath

from ...console import shown
from ...errors import TrainingError
from ...pictures import is_picture, masks_among, walk
from ...pictures.tree import SEGMENTATION


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a picture lies: a file, or bytes inside a tar shard that is read by offset.

    Attributes:
        file: the picture's file, or the shard.
        name: the picture's path below the training folder, with "/" on every machine; of those
            in a shard, the shard's folder and the path inside the shard.
        offset: first byte.
        length: in bytes; -1 is the whole file.
        guidance: its segmentation picture, where there is one.
    """

    file: Path
    name: str
    offset: int = 0
    length: int = -1
    guidance: "Entry | None" = None

    def read(self) -> bytes:
        with open(self.file, "rb") as file:
            file.seek(self.offset)
            return file.read(self.length)

    @property
    def label(self) -> str:
        """What errors call it."""
        return str(self.file) if self.length < 0 else f"{self.file}:{self.name}"


def find_entries(path: str | Path) -> list[Entry]:
    """List the pictures of a folder tree, of the tar shards in it, or of one shard.

    Segmentations (`_seg`) are attached to their pictures and are none themselves, nor are masks
    beside their pictures (`-mask`, `_mask`). The order is that of the files' names, the same on
    every machine.

    Raises:
        TrainingError: no such path, a damaged shard, or no pictures.
    """
    path = Path(path)
    if not path.exists():
        raise TrainingError(f"{path}: no such folder or tar file of training pictures")
    files = [(path, path.name)] if path.is_file() else files_below(path)
    entries: list[Entry] = []
    for file, name in files:
        if file.suffix == ".tar":
            entries += _in_shard(file, PurePosixPath(name).parent)
        elif is_picture(name):
            entries.append(Entry(file, name))
    masks = masks_among(PurePath(entry.name) for entry in entries if entry.length < 0)
    entries = with_guidance(entry for entry in entries if PurePath(entry.name) not in masks)
    if not entries:
        raise TrainingError(f"{path} holds no pictures and no tar shards of pictures")
    return entries


def files_below(folder: Path) -> list[tuple[Path, str]]:
    """Return all files of a folder tree (see `pictures.walk`) with their paths below it.

    Raises:
        TrainingError: a folder in it cannot be read.
    """
    tree = walk(folder, suffixes=None)
    for name, why in tree.failed:
        raise TrainingError(f"{shown(folder / name)} {why}")
    return [(folder / path, path.as_posix()) for path in tree.files]


def _in_shard(shard: Path, below: PurePosixPath) -> list[Entry]:
    try:
        with tarfile.open(shard, "r:") as tar:
            return [
                Entry(shard, (below / member.name).as_posix(), member.offset_data, member.size)
                for member in tar
                if member.isfile() and is_picture(member.name)
            ]
    except (tarfile.TarError, OSError) as error:
        raise TrainingError(f"{shard} is no readable tar shard: {error}") from error


def with_guidance(entries: Iterable[Entry]) -> list[Entry]:
    """Return the pictures alone, each with its segmentation if there is one."""

    def key(entry: Entry, name: str) -> tuple[Path | None, str]:
        # Two shards may hold different pictures of one name.
        return None if entry.length < 0 else entry.file, name

    entries = list(entries)
    segmentations = {
        key(entry, stem(entry.name).removesuffix(SEGMENTATION)): entry
        for entry in entries
        if is_segmentation(entry.name)
    }
    if not segmentations:
        return entries
    return [
        replace(entry, guidance=segmentations.get(key(entry, stem(entry.name))))
        for entry in entries
        if not is_segmentation(entry.name)
    ]


def stem(name: str) -> str:
    """Return a name without its ending: of `a/b.jpg`, `a/b`."""
    return name.rpartition(".")[0]


def is_segmentation(name: str) -> bool:
    """Return whether a file's name is that of a segmentation picture."""
    return stem(name).endswith(SEGMENTATION) and name.lower().endswith(".png")
