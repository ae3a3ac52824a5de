"""Networks whose features see as people do, and loading their public weights. No loss, no metric."""

from .alexnet import AlexNet
from .vgg import VGG16, VGG19, Vgg
from .weights import load_alexnet, load_inception, load_lpips_heads, load_vgg

__all__ = [
    "VGG16",
    "VGG19",
    "AlexNet",
    "Vgg",
    "load_alexnet",
    "load_inception",
    "load_lpips_heads",
    "load_vgg",
]
