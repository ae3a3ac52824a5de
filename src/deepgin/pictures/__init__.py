"""Finding, reading and writing picture and mask files. Nothing of networks."""

from .crops import centre_square
from .document import Document, provenance_of
from .find import evenly, find_pictures, is_picture, masks_among
from .formats import WRITABLE_ENDINGS
from .holes import box_mask, colour_mask, resize_mask
from .opening import open_image
from .read import decoded, mask_of, read_mask, read_rgb, rgb_of
from .write import check_target, write_picture

__all__ = [
    "WRITABLE_ENDINGS",
    "Document",
    "box_mask",
    "centre_square",
    "check_target",
    "colour_mask",
    "decoded",
    "evenly",
    "find_pictures",
    "is_picture",
    "mask_of",
    "masks_among",
    "open_image",
    "provenance_of",
    "read_mask",
    "read_rgb",
    "resize_mask",
    "rgb_of",
    "write_picture",
]
