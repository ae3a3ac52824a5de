"""Measures of completed pictures: a pure function each. LPIPS, which needs torch, is in lpips.py."""

from .l1 import l1_hole
from .psnr import psnr
from .ssim import ssim

__all__ = ["l1_hole", "psnr", "ssim"]
