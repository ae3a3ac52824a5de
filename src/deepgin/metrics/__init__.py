"""Measures of completed pictures: a pure function each. LPIPS, which needs torch, is in lpips.py."""

from .fid import Moments, fid, fid_warning, frechet
from .grid import grid
from .kid import Kid, kid
from .l1 import l1, l1_hole, l1_relative, l1_relative_hole
from .psnr import psnr
from .ssim import ssim

__all__ = [
    "Kid",
    "Moments",
    "fid",
    "fid_warning",
    "frechet",
    "grid",
    "kid",
    "l1",
    "l1_hole",
    "l1_relative",
    "l1_relative_hole",
    "psnr",
    "ssim",
]
