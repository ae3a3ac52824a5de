"""The `Inpainter`: pictures and masks as people have them in, the completed picture out."""

import warnings
from os import PathLike
from pathlib import Path
from typing import TypeAlias

import numpy as np
from PIL import Image

from ..errors import PictureError, UsageError
from ..network import Generator
from ..pictures import mask_of, read_mask, read_rgb, rgb_of
from ..runtimes import Runtime
from ..runtimes.torch import TorchRuntime
from .fits import Direct, Fit

Picture: TypeAlias = str | PathLike[str] | Image.Image | np.ndarray
_MOST = 0.9


class Inpainter:
    """Fills holes; every pixel outside the mask comes back as it was, bit for bit.

    Args:
        weights: a weights file, a generator, or None for the weights that come with the package.
        device: auto, cpu, cuda, cuda:N or mps.
        precision: auto (bf16 where the hardware multiplies it), float32 or bf16.
        runtime: what runs the network instead of PyTorch; the three above are then not used.
        fit: how a picture is brought to the network.

    Example:
        >>> from deepgin import Inpainter
        >>> Inpainter()("photo.jpg", "mask.png").save("filled.png")  # doctest: +SKIP
    """

    def __init__(
        self,
        weights: str | Path | Generator | None = None,
        *,
        device: str = "auto",
        precision: str = "auto",
        runtime: Runtime | None = None,
        fit: Fit | None = None,
    ) -> None:
        self.runtime = runtime or TorchRuntime(weights, device, precision)
        self.fit = fit or Direct()

    def __call__(self, picture: Picture, mask: Picture, *, invert: bool = False) -> Image.Image:
        """Return `picture` with its holes filled, as RGB.

        Args:
            picture: a path, a PIL image (taken as its pixels stand), or a uint8 array
                H x W x 3 (RGB).
            mask: a path or PIL image whose white (at or above half) is missing; or an array
                H x W, bool, uint8 (at or above 128) or float (at or above 0.5).
            invert: black is missing instead.

        Raises:
            PictureError: a file cannot be read, or the mask has another size or leaves nothing.
            UsageError: an array of another type or shape.
        """
        truth, hole = as_rgb(picture), as_mask(mask) ^ invert
        names = _name(picture, "the picture"), _name(mask, "the mask")
        check_pair(truth, hole, *names, invert)
        if not hole.any():
            shade = "black" if invert else "white"
            warnings.warn(
                f"{names[1]} marks nothing as missing ({shade}): nothing is filled", stacklevel=2
            )
            return Image.fromarray(truth)
        completed = self.fit.complete(self.runtime, truth, hole)
        return Image.fromarray(np.where(hole[..., None], completed, truth))


def inpaint(picture: Picture, mask: Picture, *, invert: bool = False) -> Image.Image:
    """Fill the holes of one picture with the weights that come with the package.

    For more than one picture make an `Inpainter` once. Arguments, result and errors are those of
    `Inpainter.__call__`.
    """
    return Inpainter()(picture, mask, invert=invert)


def as_rgb(picture: Picture) -> np.ndarray:
    """Return any accepted picture as uint8, H x W x 3."""
    if isinstance(picture, np.ndarray):
        if (
            picture.dtype != np.uint8
            or picture.ndim != 3
            or picture.shape[2] != 3
            or not picture.size
        ):
            raise UsageError(
                f"a picture array must be uint8 of H x W x 3, not {picture.dtype} "
                f"of {' x '.join(map(str, picture.shape))}"
            )
        return picture
    opened = picture if isinstance(picture, Image.Image) else read_rgb(Path(picture))
    return np.asarray(rgb_of(opened))


def as_mask(mask: Picture) -> np.ndarray:
    """Return any accepted mask as bool, H x W."""
    if isinstance(mask, Image.Image):
        return mask_of(mask)
    if not isinstance(mask, np.ndarray):
        return read_mask(Path(mask))
    if mask.ndim != 2:
        raise UsageError(f"a mask array must be H x W, not {' x '.join(map(str, mask.shape))}")
    if mask.dtype == np.bool_:
        return mask
    if mask.dtype == np.uint8:
        return mask >= 128
    if np.issubdtype(mask.dtype, np.floating):
        return mask >= 0.5
    raise UsageError(f"a mask array must be bool, uint8 or float, not {mask.dtype}")


def check_pair(
    picture: np.ndarray, mask: np.ndarray, name: str, mask_name: str, inverted: bool
) -> None:
    """Refuse a mask of another size or one that leaves nothing; warn of one that looks inverted."""
    if picture.shape[:2] != mask.shape:
        sizes = [f"{s[1]} x {s[0]}" for s in (mask.shape, picture.shape)]
        raise PictureError(
            f"{mask_name} is {sizes[0]} pixels and {name} is {sizes[1]}: "
            "make the mask as large as the picture"
        )
    missing = float(mask.mean())
    if missing == 1:
        raise PictureError(f"{mask_name} marks everything as missing: nothing to go by is left")
    if missing > _MOST:
        white, black, mend = "white", "black", "use --invert (in Python, invert=True)"
        if inverted:
            white, black, mend = "black", "white", "leave --invert out"
        warnings.warn(
            f"{mask_name} marks {missing:.1%} as missing ({white}): if {black} was meant, {mend}",
            stacklevel=3,
        )


def _name(source: Picture, what: str) -> str:
    """Return a file's name for messages, or `what` it is where it has none."""
    if isinstance(source, np.ndarray):
        return what
    if isinstance(source, Image.Image):
        return str(getattr(source, "filename", "") or what)
    return str(source)
