"""Fits: how a picture of any size is brought to the network. One class each."""

from ...errors import UsageError, nearest_name
from .auto import Auto
from .base import Completed, Fit, Scene, complete, complete_all
from .crop import Crop
from .direct import Direct
from .polyphase import Polyphase
from .resize import Resize

FITS = ("auto", "direct", "resize", "crop", "polyphase")


def fit_of(name: str) -> Fit:
    """Return the fit of that name.

    Raises:
        UsageError: there is none; the message lists them.
    """
    fits: tuple[Fit, ...] = (Auto(), Direct(), Resize(), Crop(), Polyphase())
    for fit in fits:
        if fit.name == name:
            return fit
    raise UsageError(f"no fit '{name}'{nearest_name(name, FITS)}: choose from {', '.join(FITS)}")


__all__ = [
    "FITS",
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
    "fit_of",
]
