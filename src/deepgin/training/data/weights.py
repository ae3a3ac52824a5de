"""How often each picture is drawn in an epoch."""

from pathlib import PurePosixPath

from ...errors import UsageError
from ..recipe import DataRecipe
from .sources import Entry


def picture_weights(entries: list[Entry], recipe: DataRecipe) -> list[float]:
    """Return how often each entry is drawn in an epoch, by `recipe.weights`.

    Raises:
        UsageError: a path that is neither a picture nor a folder of pictures.
    """
    by_path = {path.strip("/"): weight for path, weight in recipe.weights.items()}
    unused, weights = set(by_path), []
    for entry in entries if by_path else ():
        name = PurePosixPath(entry.name)
        named = [path.as_posix() for path in (name, *name.parents) if path.as_posix() in by_path]
        unused -= set(named)
        weights.append(by_path[named[0]] if named else 1.0)
    if unused:
        missing = ", ".join(sorted(unused))
        raise UsageError(f"data.weights: no pictures at {missing} below data.train")
    return weights or [1.0] * len(entries)
