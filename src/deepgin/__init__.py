"""DeepGIN: fill holes in photographs, train the network that does it, measure it."""

from typing import TYPE_CHECKING

from .lazy import names_from
from .version import __version__ as __version__

__all__ = ["Inpainter", "build", "inpaint", "load", "masks", "variants"]

if TYPE_CHECKING:
    from . import masks
    from .inpainting import Inpainter, inpaint
    from .network import build, variants
    from .weights import load

# So that `deepgin --help` need not wait for torch.
__getattr__ = names_from(
    __name__,
    {
        "Inpainter": "inpainting",
        "inpaint": "inpainting",
        "build": "network",
        "load": "weights",
        "masks": "masks",
        "variants": "network",
    },
)
