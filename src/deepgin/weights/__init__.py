"""Weights files: ours, the authors', and those that come with the package."""

from .convert import convert, read_authors
from .format import Card, file_hash, load, read_card, save, shipped

__all__ = ["Card", "convert", "file_hash", "load", "read_authors", "read_card", "save", "shipped"]
