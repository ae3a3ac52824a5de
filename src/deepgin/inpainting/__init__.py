"""Filling holes in pictures of any kind and size, over any runtime."""

from .fits import FITS
from .inpainter import Inpainter, Result, inpaint
from .inputs import Job, Picture
from .options import Options

__all__ = ["FITS", "Inpainter", "Job", "Options", "Picture", "Result", "inpaint"]
