"""What an `Inpainter` takes and gives: a job, and its result."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

from ..errors import Note
from ..pictures import Document

if TYPE_CHECKING:
    import torch


class Job(NamedTuple):
    """One picture of many.

    Attributes:
        document: the picture.
        mask: bool, of any size if the options resize it; None where the options make it, or the
            picture's own alpha is meant.
        guidance: uint8, H x W x 3, for a guided network.
        name: the picture's name in messages; empty takes its file's.
        mask_name: the mask's.
        mask_note: what to say if the mask marks nothing; see `Marks`.
    """

    document: Document
    mask: np.ndarray | None = None
    guidance: np.ndarray | None = None
    name: str = ""
    mask_name: str = "the mask"
    mask_note: Note = Note("")


@dataclass(frozen=True)
class Result:
    """A filled picture.

    Attributes:
        document: in the picture's own mode, with its metadata; `save` writes it.
        coarse: RGB, the first stage's picture in the hole.
        fit: how the picture was brought to the network, and why.
        warnings: what must be said of it, each a line.
        hole: bool, H x W, what was filled.
    """

    document: Document
    coarse: Image.Image = field(repr=False)
    fit: str
    warnings: tuple[str, ...]
    hole: np.ndarray = field(repr=False)

    @property
    def picture(self) -> Image.Image:
        """The filled picture in its own mode."""
        return self.document.image()

    def array(self) -> np.ndarray:
        """Return the picture's own samples: uint8 or uint16, H x W or H x W x C."""
        return self.document.pixels

    def tensor(self) -> torch.Tensor:
        """Return float32, 3 x H x W, RGB in [0, 1]; this alone needs PyTorch."""
        import torch

        return torch.from_numpy(self.document.rgb().astype(np.float32) / 255).permute(2, 0, 1)
