"""The losses: a pure function each, and `PictureLosses`, which shares features between three."""

from .adversarial import gradient_penalty, hinge_discriminator, hinge_generator
from .features import Form, gram, perceptual, style, total_variation
from .l1 import reconstruction, weighted_l1
from .pictures import PictureLosses

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
