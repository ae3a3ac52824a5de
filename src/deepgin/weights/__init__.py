"""Weights files: ours, the authors', and those that come with the package."""

from .convert import convert, read_authors
from .format import Card, file_hash, load, read_card, save, shipped
from .hub import local_path

__all__ = [
    "Card",
    "convert",
    "file_hash",
    "load",
    "local_path",
    "read_authors",
    "read_card",
    "save",
    "shipped",
]
