"""Fits: how a picture of any size is brought to the network. One class each."""

from .auto import Auto
from .base import Completed, Fit, Scene, complete, complete_all
from .crop import Crop
from .direct import Direct
from .polyphase import Polyphase
from .resize import Resize

FIT_OF: dict[str, Fit] = {f.name: f for f in (Auto(), Direct(), Resize(), Crop(), Polyphase())}
FITS = tuple(FIT_OF)

__all__ = [
    "FITS",
    "FIT_OF",
    "Auto",
    "Completed",
    "Crop",
    "Direct",
    "Fit",
    "Polyphase",
    "Resize",
    "Scene",
    "complete",
    "complete_all",
]
