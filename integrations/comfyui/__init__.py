"""A ComfyUI node that fills holes with DeepGIN. How they are filled is deepgin's."""

import logging
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import comfy.model_management
import comfy.utils
import numpy as np
import torch
from torch import Tensor

# A published node carries deepgin in its folder; an installed deepgin goes before it.
sys.path.append(str(Path(__file__).parent))

from deepgin.errors import UsageError
from deepgin.inpainting import FITS, Inpainter, Job
from deepgin.inpainting.inputs import as_marks
from deepgin.inpainting.options import TEXTURES, Options
from deepgin.pictures import Document

OWN = "as the weights say"
GIVEN = "as sharpness_value says"
_LIMITS = Options.__dataclass_fields__["dilate"].metadata
_PIXELS = {"default": 0, "min": _LIMITS["minimum"], "max": _LIMITS["maximum"]}
_LOG = logging.getLogger("deepgin")


@lru_cache(maxsize=2)
def _inpainter(weights: str, sharpness: float | None) -> Inpainter:
    return Inpainter(weights or None, sharpness=sharpness)


class Inpaint:
    """The node: outside the hole every value, which never was bytes, comes back bit for bit."""

    CATEGORY = "image/inpainting"
    DESCRIPTION = (
        "Fills the white of a mask from the rest of the image, with DeepGIN and with texture of the "
        "image itself. No prompt. Outside the mask nothing changes."
    )
    FUNCTION = "fill"
    RETURN_TYPES = ("IMAGE",)
    OUTPUT_TOOLTIPS = ("The filled images: one for each image or mask, whichever are more.",)

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        """Return the inputs. Saved workflows go by places: new ones stand at the end."""
        required = {
            "image": _input("IMAGE", "One image or a batch. Alpha stays as it is."),
            "mask": _input(
                "MASK",
                "What to fill: all at or above 0.5. As large as the image. One mask for all images, "
                "one for each, or several for one image.",
            ),
            "fit": _input(
                [*FITS],
                "How the image is brought to the network, which was trained at 256 pixels. auto "
                "chooses.",
                default="auto",
            ),
            "ensemble": _input(
                "BOOLEAN",
                "The mean of five passes, turned and mirrored. Five times as slow.",
                default=False,
            ),
            "dilate": _input("INT", "Grows the mask by this many pixels on all sides.", **_PIXELS),
            "feather": _input(
                "INT",
                "Fades steps at the edge of the hole over so many pixels inside it.",
                **_PIXELS,
            ),
            "weights": _input(
                "STRING",
                "A weights file, or hf:owner/name. Empty: those that come with deepgin.",
                default="",
            ),
        }
        optional = {
            "sharpness": _input(
                [OWN, GIVEN],
                "The weights' own sharpness, which is 0 under texture, or that of sharpness_value.",
                default=OWN,
            ),
            "texture": _input(
                [*TEXTURES],
                "Texture of the image itself over what the network says. auto: on, unless another "
                "fit or ensemble is chosen.",
                default="auto",
            ),
            "sharpness_value": _input(
                "FLOAT",
                f"0 soft, 1 sharp. Used where sharpness is '{GIVEN}'.",
                default=0.75,
                min=0.0,
                max=1.0,
                step=0.05,
            ),
        }
        return {"required": required, "optional": optional}

    @classmethod
    def VALIDATE_INPUTS(cls, sharpness: Any = OWN) -> bool | str:
        """Let in what older workflows have as sharpness: a number, below 0 for the weights' own."""
        if sharpness is None or sharpness in (OWN, GIVEN):  # None: another node gives it
            return True
        number = isinstance(sharpness, int | float) and -1 <= sharpness <= 1
        return number or f"choose '{OWN}' or '{GIVEN}'"

    def fill(
        self,
        image: Tensor,
        mask: Tensor,
        fit: str = "auto",
        ensemble: bool = False,
        dilate: int = 0,
        feather: int = 0,
        weights: str = "",
        sharpness: str | float = OWN,
        texture: str = "auto",
        sharpness_value: float = 0.75,
    ) -> tuple[Tensor]:
        """Return the filled images, B x H x W x C like `image`.

        Raises: UsageError (a ValueError), for shapes or options that do not work; DeepginError, for
            other reasons; ComfyUI's own, where the user stops the work.
        """
        image, holes = _pairs(image, mask)
        seen = (image.float().nan_to_num(0).clamp(0, 1) * 255 + 0.5).to(torch.uint8)
        documents = (Document.of_array(one.numpy(force=True)) for one in seen)
        jobs = [Job(*pair) for pair in zip(documents, holes, strict=True)]
        options = Options(
            fit=fit, texture=texture, ensemble=ensemble, dilate=dilate, feather=feather
        )
        inpainter = _inpainter(weights.strip(), _sharpness(sharpness, sharpness_value))
        results = inpainter.fill_many(jobs, options, _Progress())
        for warning in dict.fromkeys(text for result in results for text in result.warnings):
            _LOG.warning("%s", warning)
        filled = np.stack([result.array() for result in results]).reshape(seen.shape)
        hole = torch.from_numpy(np.stack([result.hole for result in results])[..., None])
        hole = hole.to(image.device).expand(image.shape)
        if image.shape[3] == 4:  # what cannot be seen stays, as alpha does
            hole = hole & (seen[..., 3:] > 0)
            hole[..., 3] = False
        return (torch.where(hole, torch.from_numpy(filled).to(image) / 255, image),)


class _Progress:
    """Shows how far it is, and stops where the user has pressed Cancel."""

    def __init__(self) -> None:
        self.bar = comfy.utils.ProgressBar(1)

    def __call__(self, done: int, of: int) -> None:
        comfy.model_management.throw_exception_if_processing_interrupted()
        if of:
            self.bar.update_absolute(done, of)


def _input(kind: str | list[str], tooltip: str, **more: Any) -> tuple[Any, dict[str, Any]]:
    return (kind, {**more, "tooltip": tooltip})


def _sharpness(sharpness: str | float, value: float) -> float | None:
    if isinstance(sharpness, str):
        return value if sharpness == GIVEN else None
    return None if sharpness < 0 else sharpness


def _pairs(image: Tensor, mask: Tensor) -> tuple[Tensor, np.ndarray]:
    """Return as many images as holes: B x H x W x C, and bool, B x H x W."""
    for tensor, what in ((image, "image"), (mask, "mask")):
        if not isinstance(tensor, Tensor):
            problem = f"the {what} must be a tensor, not {type(tensor).__name__}"
            raise UsageError(problem, field=what)
    if image.ndim != 4 or image.shape[3] not in (1, 3, 4):
        shape = tuple(image.shape)
        raise UsageError(
            f"the image must be B x H x W x 3 (or 1, or 4), not {shape}", field="image"
        )
    if mask.ndim < 2:
        shape = tuple(mask.shape)
        raise UsageError(f"the mask must be H x W or B x H x W, not {shape}", field="mask")
    masks = mask.reshape(-1, *mask.shape[-2:])  # some nodes give B x 1 x H x W
    high, wide = image.shape[1:3]
    if masks.shape[1:] != (high, wide):
        raise UsageError(
            f"the mask is {masks.shape[2]} x {masks.shape[1]} pixels and the image {wide} x {high}",
            field="mask",
            mend="resize the mask to the image (Load Image gives one of 64 x 64 for an image without "
            "alpha: paint one in the mask editor, or connect another)",
        )
    count = max(len(image), len(masks))
    if {len(image), len(masks)} - {1, count}:
        raise UsageError(
            f"{len(masks)} masks do not go with {len(image)} images",
            field="mask",
            mend="give one mask for all, one for each, or several for one image",
        )
    holes = np.stack([as_marks(one).mask for one in masks])
    return image.expand(count, -1, -1, -1), np.broadcast_to(holes, (count, high, wide))


NODE_CLASS_MAPPINGS = {"DeepginInpaint": Inpaint}
NODE_DISPLAY_NAME_MAPPINGS = {"DeepginInpaint": "DeepGIN inpaint"}
