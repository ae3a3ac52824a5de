"""Measures of completed pictures: a pure function each."""

from .psnr import psnr

__all__ = ["psnr"]
