"""Filling holes in pictures of any kind and size, over any runtime."""

from .fits import Direct, Fit
from .inpainter import Inpainter, Picture, inpaint

__all__ = ["Direct", "Fit", "Inpainter", "Picture", "inpaint"]
