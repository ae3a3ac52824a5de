"""Texture for a hole whose structure is known, from the photograph's own valid pixels."""

from .fill import Textured, fill
from .settings import Settings

__all__ = ["Settings", "Textured", "fill"]
