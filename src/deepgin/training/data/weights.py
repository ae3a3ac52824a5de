"""How often each picture is drawn in an epoch: by group, by a CSV's column, by folder."""

import csv
import math
from pathlib import PurePosixPath

from ...errors import TrainingError, UsageError
from .recipe import DataRecipe
from .sources import Entry


def picture_weights(entries: list[Entry], recipe: DataRecipe) -> list[float]:
    """Return how often each entry is drawn in an epoch: the product of all its weights.

    A picture that no rule names has weight 1.

    Raises:
        TrainingError: the CSV is missing or lacks a column, or has a weight that is none.
        UsageError: a group or folder that is not there.
    """
    weights = [1.0] * len(entries)
    rules = [_folders(entries, recipe.folder_weights)] if recipe.folder_weights else []
    if recipe.group_weights or recipe.weight_column:
        rows = _read(recipe)
        if recipe.group_weights:
            rules.append(_groups(entries, rows, recipe))
        if recipe.weight_column:
            rules.append(_column(entries, rows, recipe))
    for rule in rules:
        weights = [weight * more for weight, more in zip(weights, rule, strict=True)]
    return weights


def _read(recipe: DataRecipe) -> dict[str, dict[str, str]]:
    """Return the CSV's rows by name."""
    needed = ["name"]
    needed += ["group"] if recipe.group_weights else []
    needed += [recipe.weight_column] if recipe.weight_column else []
    try:
        with open(recipe.groups, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if not set(needed) <= set(reader.fieldnames or ()):
                raise KeyError(needed)
            return {row["name"]: row for row in reader}
    except (OSError, KeyError, csv.Error, UnicodeDecodeError) as error:
        raise TrainingError(
            f"data.groups '{recipe.groups}' is no CSV file with columns {' and '.join(needed)}"
        ) from error


def _stem(entry: Entry) -> str:
    return PurePosixPath(entry.name).stem


def _groups(
    entries: list[Entry], rows: dict[str, dict[str, str]], recipe: DataRecipe
) -> list[float]:
    groups = {name: row["group"] for name, row in rows.items()}
    unknown = set(recipe.group_weights) - set(groups.values())
    if unknown:
        raise UsageError(f"data.group_weights: {recipe.groups} has no group {sorted(unknown)}")
    return [recipe.group_weights.get(groups.get(_stem(entry), ""), 1.0) for entry in entries]


def _column(
    entries: list[Entry], rows: dict[str, dict[str, str]], recipe: DataRecipe
) -> list[float]:
    column, weights = recipe.weight_column, {}
    for name, row in rows.items():
        try:
            weights[name] = float(row[column])
        except (TypeError, ValueError):
            weights[name] = math.nan
        if not (weights[name] >= 0 and math.isfinite(weights[name])):
            raise TrainingError(
                f"{recipe.groups}: '{row[column]}' in column {column} of {name} is no weight: "
                "write a number of at least 0"
            )
    return [weights.get(_stem(entry), 1.0) for entry in entries]


def _folders(entries: list[Entry], wanted: dict[str, float]) -> list[float]:
    """Return the weights by folder; a folder inside a named one may have its own."""
    by_folder = {folder.strip("/"): weight for folder, weight in wanted.items()}
    used: set[str] = set()
    weights = []
    for entry in entries:
        names = [parent.as_posix() for parent in PurePosixPath(entry.name).parents]
        folder = next((name for name in names if name in by_folder), None)
        used |= {name for name in names if name in by_folder}
        weights.append(1.0 if folder is None else by_folder[folder])
    if set(by_folder) - used:
        missing = ", ".join(sorted(set(by_folder) - used))
        raise UsageError(f"data.folder_weights: no pictures lie in {missing} below data.train")
    return weights
