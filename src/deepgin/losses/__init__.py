"""The losses: a pure function each, and `PictureLosses`, which shares features between three."""

from .adversarial import hinge_discriminator, hinge_generator
from .gradient_penalty import gradient_penalty
from .l1 import reconstruction, weighted_l1
from .layers import Form
from .perceptual import perceptual
from .pictures import PictureLosses
from .style import gram, style
from .total_variation import total_variation

__all__ = [
    "Form",
    "PictureLosses",
    "gradient_penalty",
    "gram",
    "hinge_discriminator",
    "hinge_generator",
    "perceptual",
    "reconstruction",
    "style",
    "total_variation",
    "weighted_l1",
]
