"""DeepGIN: fill holes in photographs, train the network that does it, measure it."""

from typing import TYPE_CHECKING

from .lazy import names_from
from .version import __version__ as __version__

__all__ = [
    "DeepginError",
    "Inpainter",
    "Options",
    "Result",
    "build",
    "inpaint",
    "load",
    "masks",
    "variants",
]

if TYPE_CHECKING:
    from . import masks
    from .errors import DeepginError
    from .inpainting import Inpainter, Options, Result, inpaint
    from .network import build, variants
    from .weights import load

# So that `deepgin --help` need not wait for torch.
__getattr__ = names_from(
    __name__,
    dict.fromkeys(("Inpainter", "Options", "Result", "inpaint"), "inpainting")
    | dict.fromkeys(("build", "variants"), "network")
    | {"DeepginError": "errors", "load": "weights", "masks": "masks"},
)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
