"""Masks of missing pixels: their kinds, and sets of them."""

from .blob import blob
from .cellular import cellular
from .freeform import freeform
from .kinds import KINDS, VARIATIONS, check_kind, definition, draw
from .mask_sets import MaskSet, content, coverage, sha256
from .rectangle import rectangle

__all__ = [
    "KINDS",
    "VARIATIONS",
    "MaskSet",
    "blob",
    "cellular",
    "check_kind",
    "content",
    "coverage",
    "definition",
    "draw",
    "freeform",
    "rectangle",
    "sha256",
]
