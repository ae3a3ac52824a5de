"""DeepGIN's networks: tensors in, tensors out."""

from typing import TYPE_CHECKING

from ..lazy import names_from
from .variants import Variant, variant, variants

if TYPE_CHECKING:
    from .discriminator import Discriminators
    from .generator import SIZE_MULTIPLE, Filled, Generator, build, channels_last

__all__ = [
    "SIZE_MULTIPLE",
    "Discriminators",
    "Filled",
    "Generator",
    "Variant",
    "build",
    "channels_last",
    "variant",
    "variants",
]
# All others need torch.
_LATE = dict.fromkeys(set(__all__) - {"Variant", "variant", "variants"}, "generator")
__getattr__ = names_from(__name__, _LATE | {"Discriminators": "discriminator"})
