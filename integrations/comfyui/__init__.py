"""A ComfyUI node that fills holes with DeepGIN. How they are filled is deepgin's."""

import logging
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from deepgin.errors import UsageError
from deepgin.inpainting import FITS, Inpainter, Job
from deepgin.inpainting.inputs import as_marks
from deepgin.inpainting.options import TEXTURES, Options
from deepgin.pictures import Document


@lru_cache(maxsize=2)
def _inpainter(weights: str, sharpness: float | None) -> Inpainter:
    return Inpainter(weights or None, sharpness=sharpness)


class Inpaint:
    """The node: outside the hole every value, which never was bytes, comes back bit for bit."""

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "fill"
    CATEGORY = "image/inpainting"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        """Return the inputs; mask: 1 = missing; sharpness: 0 to 1, below 0 the weights' own."""
        given = {"image": ("IMAGE",), "mask": ("MASK",)}
        filling = {"fit": (list(FITS),), "ensemble": ("BOOLEAN", {"default": False})}
        pixels = ("INT", {"default": 0, "min": 0, "max": 1024})
        weights = {"weights": ("STRING", {"default": ""})}  # a file, hf:owner/name, or deepgin's
        wanted = given | filling | {"dilate": pixels, "feather": pixels} | weights
        sharp = {"sharpness": ("FLOAT", {"default": -1.0, "min": -1.0, "max": 1.0, "step": 0.05})}
        texture = {"texture": (list(TEXTURES), {"default": "auto"})}
        return {"required": wanted, "optional": sharp | texture}  # saved workflows go by places

    def fill(
        self,
        image: Tensor,
        mask: Tensor,
        fit: str = "auto",
        ensemble: bool = False,
        dilate: int = 0,
        feather: int = 0,
        weights: str = "",
        sharpness: float = -1.0,
        texture: str = "auto",
    ) -> tuple[Tensor]:
        """Return the filled pictures, B x H x W x 3 like `image`.

        Raises: ValueError, for shapes or options that do not work; DeepginError, for other reasons.
        """
        holes = [as_marks(one).mask for one in _masks(image, mask)]
        seen = (image.float().clamp(0, 1) * 255 + 0.5).to(torch.uint8).numpy(force=True)
        jobs = [Job(Document.of_array(one), hole) for one, hole in zip(seen, holes, strict=True)]
        options = Options(
            fit=fit, texture=texture, ensemble=ensemble, dilate=dilate, feather=feather
        )
        inpainter = _inpainter(weights.strip(), None if sharpness < 0 else sharpness)
        results = inpainter.fill_many(jobs, options)
        for warning in dict.fromkeys(text for result in results for text in result.warnings):
            logging.getLogger("deepgin").warning("%s", warning)
        filled = torch.from_numpy(np.stack([result.array() for result in results]))
        hole = torch.from_numpy(np.stack([result.hole for result in results])[..., None])
        return (torch.where(hole.to(image.device), filled.to(image) / 255, image),)


def _masks(image: Tensor, mask: Tensor) -> Tensor:
    """Return a mask for each picture."""
    for given, what in ((image, "image"), (mask, "mask")):
        if not isinstance(given, Tensor):
            raise UsageError(f"the {what} must be a tensor, not {type(given).__name__}")
    if image.ndim != 4 or image.shape[3] != 3:
        raise ValueError(f"the image must be B x H x W x 3, not {tuple(image.shape)}")
    masks = mask[None] if mask.ndim == 2 else mask
    if masks.shape[1:] != image.shape[1:3] or len(masks) not in (1, len(image)):
        raise ValueError(
            f"the mask is {tuple(mask.shape)} and the image {tuple(image.shape)}: as high and wide, one "
            "for all or one for each (ComfyUI's Load Image gives 64 x 64 for an image without alpha)"
        )
    return masks.expand(len(image), -1, -1)


NODE_CLASS_MAPPINGS = {"DeepginInpaint": Inpaint}
NODE_DISPLAY_NAME_MAPPINGS = {"DeepginInpaint": "DeepGIN inpaint"}
