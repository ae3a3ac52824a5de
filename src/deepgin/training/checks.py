"""Refusing recipes that cannot work, with the name of the field."""

import re
from functools import cache

from jsonargparse import ArgumentError, ArgumentParser

from ..errors import UsageError, nearest_name
from .recipe import DataRecipe, Recipe


def check(recipe: Recipe) -> None:
    """Refuse a recipe that cannot work.

    Raises:
        UsageError: names the field and what it may be.
    """
    from ..network import variant  # not above: the command's --help must not wait for torch

    try:
        _parser().parse_object(recipe.as_dict())
    except ArgumentError as error:
        raise refusal(str(error)) or UsageError(str(error)) from error
    check_data(recipe.data)
    variant(recipe.network.variant)
    if not recipe.ema.half_lives:
        raise _wrong("ema.half_lives", "needs at least one number of samples")
    accumulate, pictures = recipe.optimiser.accumulate, recipe.data.pictures_per_step
    if pictures % accumulate:
        does_not = f"{accumulate} does not divide data.pictures_per_step {pictures}"
        raise _wrong("optimiser.accumulate", does_not)


@cache
def _parser() -> ArgumentParser:
    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(Recipe)
    return parser


def refusal(message: str) -> UsageError | None:
    """Return what jsonargparse says of a field's value in our words; None if it is of no field."""
    match = re.search(r"[Kk]ey \"([\w.]+)\":\s*(.+)", message, re.DOTALL)
    if not match:
        return None
    field, why = match[1], " ".join(match[2].split())
    if wrong := re.search(r"(?:\w+: )?(\S+) does not conform to restriction (.+)", why):
        limits = wrong[2].replace("v", "").replace(">", "> ").replace("<", "< ").replace(" =", "= ")
        return _wrong(field, f"{wrong[1]} does not work: it must be {limits}")
    if choice := re.search(r"Literal\[(.+)\]\. Got value: (.+)", why):
        choices = re.findall(r"'(.+?)'", choice[1])
        hint = nearest_name(choice[2], choices)
        return _wrong(field, f"'{choice[2]}' does not work{hint}: {' or '.join(choices)}")
    return _wrong(field, f"does not work: {why}")


def _wrong(field: str, problem: str) -> UsageError:
    return UsageError(f"{field} {problem}", field=field)


def check_data(recipe: DataRecipe) -> None:
    """Refuse data fields that do not go together.

    Raises:
        UsageError: names the field and what it may be.
    """
    if not recipe.train:
        raise _wrong("data.train", "is not set: name a folder of pictures or tar shards")
    size, squash = recipe.size, recipe.squash_size
    if size % 16:
        raise _wrong("data.size", f"{size} does not work: choose a multiple of 16")
    if recipe.framing == "squash" and (squash < size or squash % size):
        raise _wrong(
            "data.squash_size", f"{squash} does not work: choose a multiple of data.size {size}"
        )
    if not recipe.is_remote:
        return
    if "pipe:" in recipe.train and not recipe.allow_pipes:
        raise UsageError(
            "data.train has a pipe: address, which runs a shell command: set data.allow_pipes "
            "if you trust it",
            field="data.allow_pipes",
        )
    for name, needs_files in (
        ("resident", recipe.resident),
        ("weights", recipe.weights),
        ("layout", recipe.layout != "folder"),
    ):
        if needs_files:
            raise _wrong(f"data.{name}", "needs local pictures, and data.train is remote")
