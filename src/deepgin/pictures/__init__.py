"""Finding, reading and writing picture and mask files. Nothing of networks."""

from .colour_key import COLOUR_TOLERANCE, colour_mask, near_misses
from .crops import centre_square
from .document import Document, provenance_of
from .find import evenly, find_pictures, is_picture, masks_among, one_name, picture_of_mask
from .formats import WRITABLE_ENDINGS
from .holes import box_mask, resize_mask
from .mask import Marks, faint, marks_of, mask_of, read_marks, read_mask
from .opening import open_image
from .read import decoded, read_rgb, rgb_of
from .write import check_target, write_picture

__all__ = [
    "COLOUR_TOLERANCE",
    "WRITABLE_ENDINGS",
    "Document",
    "Marks",
    "box_mask",
    "centre_square",
    "check_target",
    "colour_mask",
    "decoded",
    "evenly",
    "faint",
    "find_pictures",
    "is_picture",
    "marks_of",
    "mask_of",
    "masks_among",
    "near_misses",
    "one_name",
    "open_image",
    "picture_of_mask",
    "provenance_of",
    "read_marks",
    "read_mask",
    "read_rgb",
    "resize_mask",
    "rgb_of",
    "write_picture",
]
