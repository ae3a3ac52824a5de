"""Filling holes in pictures of any kind and size, over any runtime."""

from .fits import FITS
from .inpainter import Inpainter, inpaint
from .inputs import Picture
from .jobs import Job, Result
from .options import Options

__all__ = ["FITS", "Inpainter", "Job", "Options", "Picture", "Result", "inpaint"]
