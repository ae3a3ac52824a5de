"""Masks of missing pixels: three kinds, and sets of them. Nothing here reads or writes files."""

from .cellular import cellular
from .freeform import freeform
from .kinds import KINDS, draw
from .mask_sets import MaskSet, coverage, sha256
from .rectangle import rectangle

__all__ = [
    "KINDS",
    "MaskSet",
    "cellular",
    "coverage",
    "draw",
    "freeform",
    "rectangle",
    "sha256",
]
