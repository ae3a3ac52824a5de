"""DeepGIN's networks: tensors in, tensors out. Nothing of files, pictures or training."""

from .discriminator import Discriminators
from .generator import SIZE_MULTIPLE, Filled, Generator, build, channels_last
from .variants import Variant, variant, variants

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
