"""Where training pictures lie: folders, tar shards, and the weights of their groups."""

import csv
import tarfile
from dataclasses import dataclass
from pathlib import Path

from ..errors import TrainingError, UsageError
from ..pictures import is_picture
from .recipe import DataRecipe


@dataclass(frozen=True)
class Entry:
    """Where a picture lies: a file, or bytes inside a tar shard that is read by offset."""

    file: Path
    name: str
    offset: int = 0
    length: int = -1

    def read(self) -> bytes:
        with open(self.file, "rb") as file:
            file.seek(self.offset)
            return file.read(self.length)


def find_entries(path: str | Path) -> list[Entry]:
    """List the pictures of a folder tree, of the tar shards in a folder, or of one shard.

    Returns:
        Entries in the order of their names, the same on every machine.

    Raises:
        TrainingError: no such path, a damaged shard, or no pictures.
    """
    path = Path(path)
    if not path.exists():
        raise TrainingError(f"{path}: no such folder or tar file of training pictures")
    files = [path] if path.is_file() else sorted(filter(_is_shown, path.rglob("*")))
    entries = []
    for file in files:
        if file.suffix == ".tar":
            entries += _in_shard(file)
        elif is_picture(file):
            entries.append(Entry(file, file.name))
    if not entries:
        raise TrainingError(f"{path} holds no pictures and no tar shards of pictures")
    return entries


def _is_shown(path: Path) -> bool:
    # Some systems leave hidden companions such as ._a.jpg, which are no pictures.
    return path.is_file() and not path.name.startswith(".")


def _in_shard(shard: Path) -> list[Entry]:
    try:
        with tarfile.open(shard, "r:") as tar:
            return [
                Entry(shard, member.name, member.offset_data, member.size)
                for member in tar
                if member.isfile() and is_picture(member.name)
            ]
    except (tarfile.TarError, OSError) as error:
        raise TrainingError(f"{shard} is no readable tar shard: {error}") from error


def group_weights(entries: list[Entry], recipe: DataRecipe) -> list[float]:
    """Return how often each entry is drawn in an epoch, from the recipe's CSV of groups.

    Raises:
        TrainingError: the CSV is missing or lacks a column; UsageError: an unknown group.
    """
    if not recipe.group_weights:
        return [1.0] * len(entries)
    try:
        with open(recipe.groups, newline="", encoding="utf-8") as file:
            groups = {row["name"]: row["group"] for row in csv.DictReader(file)}
    except (OSError, KeyError) as error:
        raise TrainingError(
            f"data.groups '{recipe.groups}' is no CSV file with columns name and group"
        ) from error
    unknown = set(recipe.group_weights) - set(groups.values())
    if unknown:
        raise UsageError(f"data.group_weights: {recipe.groups} has no group {sorted(unknown)}")
    group_of = (groups.get(Path(entry.name).stem, "") for entry in entries)
    return [recipe.group_weights.get(group, 1.0) for group in group_of]
