"""DeepGIN: fill holes in photographs, train the network that does it, measure it."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Inpainter", "build", "inpaint", "load", "masks", "variants"]

if TYPE_CHECKING:
    from . import masks
    from .inpainting import Inpainter, inpaint
    from .network import build, variants
    from .weights import load

# Imported on first use, so that `deepgin --help` need not wait for torch.
_HOMES = {
    "Inpainter": "inpainting",
    "inpaint": "inpainting",
    "build": "network",
    "variants": "network",
    "load": "weights",
}


def __getattr__(name: str) -> Any:
    if name == "masks":
        return import_module(".masks", __name__)
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module 'deepgin' has no attribute '{name}'")
