"""Measures of completed pictures: a pure function each.

Those that need torch (LPIPS, the distances through VGG) are in files of their own names.
"""

from .fid import Moments, fid, fid_warning, frechet
from .grid import grid
from .kid import Kid, kid
from .l1 import l1, l1_hole, l1_relative, l1_relative_hole
from .laplacian import laplacian
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
    "laplacian",
    "psnr",
    "ssim",
]
