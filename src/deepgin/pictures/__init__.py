"""Finding, reading and writing picture and mask files."""

from .document import Document, provenance_of
from .formats import WRITABLE_ENDINGS
from .mask import (
    COLOUR_TOLERANCE,
    Marks,
    box_mask,
    colour_mask,
    faint,
    marks_of,
    near_misses,
    read_marks,
    read_mask,
    resize_mask,
)
from .mask_index import AmbiguousMask, MaskIndex
from .opening import open_image
from .read import centre_square, decoded, read_rgb, rgb_of
from .tree import (
    Failure,
    evenly,
    find_pictures,
    is_hidden,
    is_picture,
    mask_stems,
    masks_among,
    walk,
)
from .write import check_target

__all__ = [
    "COLOUR_TOLERANCE",
    "WRITABLE_ENDINGS",
    "AmbiguousMask",
    "Document",
    "Failure",
    "Marks",
    "MaskIndex",
    "box_mask",
    "centre_square",
    "check_target",
    "colour_mask",
    "decoded",
    "evenly",
    "faint",
    "find_pictures",
    "is_hidden",
    "is_picture",
    "marks_of",
    "mask_stems",
    "masks_among",
    "near_misses",
    "open_image",
    "provenance_of",
    "read_marks",
    "read_mask",
    "read_rgb",
    "resize_mask",
    "rgb_of",
    "walk",
]
