"""Weights files: ours, the authors', and those that come with the package."""

from typing import TYPE_CHECKING

from ..lazy import names_from
from .blend import sharpness_of
from .card import Card, file_hash, read_card
from .hub import local_path
from .model import Model

if TYPE_CHECKING:
    from .authors import convert, read_authors
    from .format import join, load, save

__all__ = [
    "Card",
    "Model",
    "convert",
    "file_hash",
    "join",
    "load",
    "local_path",
    "read_authors",
    "read_card",
    "save",
    "sharpness_of",
]
# These need torch. No module has the name of one, which would hide it.
__getattr__ = names_from(
    __name__,
    dict.fromkeys(("convert", "read_authors"), "authors")
    | dict.fromkeys(("join", "load", "save"), "format"),
)
