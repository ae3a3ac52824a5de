"""Measures of completed pictures: a pure function each.

LPIPS and the distances through VGG need torch: they are in `lpips` and `vgg`.
"""

from .grid import grid
from .pixels import l1, l1_hole, l1_relative, l1_relative_hole, laplacian, psnr, ssim
from .sets import Moments, fid, fid_warning, frechet, kid

__all__ = [
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
