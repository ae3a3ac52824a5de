"""Texture for a hole whose structure is known, from the photograph's own valid pixels."""

from .settings import Settings
from .synthesis import Textured, fill

__all__ = ["Settings", "Textured", "fill"]
