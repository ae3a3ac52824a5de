"""Finding, reading and writing picture and mask files. Nothing of networks."""

from .crops import centre_square
from .find import evenly, find_pictures, is_picture, masks_among
from .read import mask_of, read_mask, read_rgb, rgb_of
from .write import check_target, write_picture

__all__ = [
    "centre_square",
    "check_target",
    "evenly",
    "find_pictures",
    "is_picture",
    "mask_of",
    "masks_among",
    "read_mask",
    "read_rgb",
    "rgb_of",
    "write_picture",
]
