"""Taking pictures, masks and guidance of any accepted kind. What is done with them is not here."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from PIL import Image

from ..errors import UsageError
from ..pictures import Document, decoded, mask_of, read_mask, read_rgb, rgb_of

if TYPE_CHECKING:
    import torch

Picture: TypeAlias = "str | PathLike[str] | Image.Image | np.ndarray | torch.Tensor | Document"


def as_document(picture: Picture) -> Document:
    """Return any accepted picture.

    Args:
        picture: a path; a PIL image, taken as its pixels stand; an array, uint8 or uint16,
            H x W or H x W x 1 to 4; or a tensor 3 x H x W or 1 x 3 x H x W, float in [0, 1]
            (rounded to 8 bit) or uint8.

    Raises:
        PictureError: a file cannot be read; UsageError: another type or shape.
    """
    if isinstance(picture, Document):
        return picture
    if isinstance(picture, np.ndarray):
        return Document.of_array(picture)
    if isinstance(picture, Image.Image):
        return Document.of(picture)
    if isinstance(picture, str | PathLike):
        return Document.open(Path(picture))
    return Document.of_array(_bytes_of(picture))


def _bytes_of(tensor: torch.Tensor) -> np.ndarray:
    import torch

    shape = " x ".join(map(str, tensor.shape))
    planes = tensor[0] if tensor.ndim == 4 and tensor.shape[0] == 1 else tensor
    if planes.ndim != 3 or planes.shape[0] != 3 or not planes.numel():
        raise UsageError(f"a picture tensor must be 3 x H x W or 1 x 3 x H x W, not {shape}")
    if planes.is_floating_point():
        values = planes.detach().float()
        if not bool(((values >= -1e-3) & (values <= 1 + 1e-3)).all()):
            raise UsageError("a picture tensor of floats must lie in [0, 1]: divide bytes by 255")
        planes = (values.clamp(0, 1) * 255 + 0.5).to(torch.uint8)
    if planes.dtype != torch.uint8:
        raise UsageError(f"a picture tensor must be float or uint8, not {planes.dtype}")
    return planes.permute(1, 2, 0).cpu().numpy()


def as_mask(mask: Picture, threshold: float = 0.5) -> np.ndarray:
    """Return any accepted mask as bool, H x W.

    Args:
        mask: a path, PIL image or `Document`; or an array or tensor H x W (a tensor also
            1 x H x W or 1 x 1 x H x W) of bool, uint8 or float in [0, 1].
        threshold: missing is what is at or above this share of white.

    Raises:
        PictureError: a file cannot be read; UsageError: another type or shape.
    """
    if isinstance(mask, Document):
        mask = mask.image()
    if isinstance(mask, Image.Image):
        return mask_of(decoded(mask, name_of(mask, "the mask")), threshold)
    if isinstance(mask, np.ndarray):
        return _of_array(mask, threshold, "array")
    if isinstance(mask, str | PathLike):
        return read_mask(Path(mask), threshold)
    planes = mask.detach().cpu()
    while planes.ndim > 2 and planes.shape[0] == 1:
        planes = planes[0]
    return _of_array(planes.numpy(), threshold, "tensor")


def _of_array(mask: np.ndarray, threshold: float, kind: str) -> np.ndarray:
    if mask.ndim != 2:
        raise UsageError(f"a mask {kind} must be H x W, not {' x '.join(map(str, mask.shape))}")
    if mask.dtype == np.bool_:
        return mask
    if mask.dtype == np.uint8:
        # 255 / 2 would let 127.5 round either way: half of 256 levels, as for files.
        return mask >= (128 if threshold == 0.5 else threshold * 255)
    if np.issubdtype(mask.dtype, np.floating):
        return mask >= threshold
    raise UsageError(f"a mask {kind} must be bool, uint8 or float, not {mask.dtype}")


def as_guidance(guidance: Picture) -> np.ndarray:
    """Return any accepted guidance picture as uint8, H x W x 3."""
    if isinstance(guidance, str | PathLike):
        return np.asarray(rgb_of(read_rgb(Path(guidance))))
    if isinstance(guidance, Image.Image):
        return np.asarray(rgb_of(decoded(guidance, name_of(guidance, "the guidance"))))
    return as_document(guidance).rgb()


def name_of(source: Picture | None, what: str) -> str:
    """Return a file's name for messages, or `what` it is where it has none."""
    if isinstance(source, Document):
        return str(source.source or what)
    if isinstance(source, Image.Image):
        return str(getattr(source, "filename", "") or what)
    return str(source) if isinstance(source, str | PathLike) else what
