"""VGG, AlexNet and Inception, whose features perceptual losses and metrics compare."""

from .vgg import VGG16, VGG19, AlexNet, Backbone, Vgg
from .weights import load_alexnet, load_inception, load_lpips_heads, load_vgg

__all__ = [
    "VGG16",
    "VGG19",
    "AlexNet",
    "Backbone",
    "Vgg",
    "load_alexnet",
    "load_inception",
    "load_lpips_heads",
    "load_vgg",
]
