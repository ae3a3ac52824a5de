"""`Job`, and its pictures, masks and guidance of any accepted kind."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from PIL import Image

from ..errors import Note, UsageError
from ..pictures import Document, Marks, decoded, faint, marks_of, read_marks, read_rgb, rgb_of

if TYPE_CHECKING:
    import torch

Picture: TypeAlias = "str | PathLike[str] | Image.Image | np.ndarray | torch.Tensor | Document"


class Job(NamedTuple):
    """One picture of many.

    Attributes:
        mask: bool, of any size if the options resize it; None where the options make it, or the
            picture's own alpha is meant.
        guidance: uint8, H x W x 3, for a guided network.
        name: the picture's name in messages; empty takes its file's.
        mask_note: added to the note if the mask marks nothing; see `Marks`.
    """

    document: Document
    mask: np.ndarray | None = None
    guidance: np.ndarray | None = None
    name: str = ""
    mask_name: str = "the mask"
    mask_note: Note = Note("")

    def called(self) -> str:
        """Return the picture's name in messages."""
        return self.name or name_of(self.document, "the picture")


def as_document(picture: Picture) -> Document:
    """Return any accepted picture.

    That is a path; a PIL image, taken as its pixels stand; an array, uint8 or uint16, H x W or
    H x W x 1 to 4; or a tensor, 3 x H x W or 1 x 3 x H x W, float in [0, 1] (rounded to 8 bit) or
    uint8.

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
    _check_tensor(picture, "picture")
    return Document.of_array(_bytes_of(picture))


def _check_tensor(source: object, what: str) -> None:
    if not any(kind.__module__.startswith("torch") for kind in type(source).__mro__):
        raise UsageError(
            f"a {what} must be a path, a PIL image, a NumPy array or a tensor, not "
            f"{type(source).__name__}: PIL.Image.open reads open files, numpy.array lists"
        )


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


def as_marks(mask: Picture, threshold: float = 0.5) -> Marks:
    """Return any accepted mask as bool, H x W, with a note if it marks nothing.

    That is a path, PIL image or `Document`; or an array or tensor H x W (a tensor also 1 x H x W
    or 1 x 1 x H x W) of bool, uint8 or float in [0, 1]. Missing is what is at or above `threshold`,
    a share of white.

    Raises:
        PictureError: a file cannot be read; UsageError: another type, shape or range.
    """
    if isinstance(mask, Document):
        mask = mask.image()
    if isinstance(mask, Image.Image):
        return marks_of(decoded(mask, name_of(mask, "the mask")), threshold)
    if isinstance(mask, np.ndarray):
        return _of_array(mask, threshold, "array")
    if isinstance(mask, str | PathLike):
        return read_marks(Path(mask), threshold)
    _check_tensor(mask, "mask")
    planes = mask.detach().cpu()
    while planes.ndim > 2 and planes.shape[0] == 1:
        planes = planes[0]
    if planes.is_floating_point():
        planes = planes.float()  # NumPy has no bf16
    return _of_array(planes.numpy(), threshold, "tensor")


def _of_array(mask: np.ndarray, threshold: float, kind: str) -> Marks:
    if mask.ndim != 2 or not mask.size:
        raise UsageError(f"a mask {kind} must be H x W, not {' x '.join(map(str, mask.shape))}")
    if mask.dtype == np.bool_:
        return Marks(mask)
    white = 1
    if mask.dtype == np.uint8:
        white = 255
    elif not np.issubdtype(mask.dtype, np.floating):
        raise UsageError(f"a mask {kind} must be bool, uint8 or float, not {mask.dtype}")
    # Resampling overshoots a little; bytes and [-1, 1] as floats lie further out, NaN nowhere.
    elif not ((mask >= -0.25) & (mask <= 1.25)).all():
        raise UsageError(f"a mask {kind} of floats must lie in [0, 1]: divide bytes by 255")
    # 255 / 2 would let 127.5 round either way: half of 256 levels, as for files.
    marked = mask >= (128 if white == 255 and threshold == 0.5 else threshold * white)
    return Marks(marked, Note("") if marked.any() else faint(max(0.0, float(mask.max())) / white))


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
