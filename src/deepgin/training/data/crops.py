"""Decoding one picture and cutting its sample."""

import io
import random
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from PIL import AvifImagePlugin, Image, ImageOps, UnidentifiedImageError

from ...errors import TrainingError
from ...pictures import open_image, rgb_of
from ..recipe import DataRecipe


@dataclass(frozen=True)
class Cut:
    """How a sample is cut from a picture: resize, slice with a step, turn, mirror, in this order.

    Attributes:
        width, height: of the whole picture once resized, in pixels.
        left, top: first column and row taken.
        step: 1 for a crop; for a polyphase component the number of phases along a side.
        turns: quarter turns, anticlockwise.
        mirrored: left and right are swapped, last of all.
    """

    width: int
    height: int
    left: int
    top: int
    step: int = 1
    turns: int = 0
    mirrored: bool = False


def plan_cut(width: int, height: int, recipe: DataRecipe, draws: random.Random) -> Cut:
    """Draw how a sample is cut from a picture of `width` x `height` pixels.

    The cut square is turned, not the picture: what may come of it is the same.

    Raises:
        ValueError: the shorter side is below the sample's.
    """
    size = recipe.size
    if min(width, height) < size:
        raise ValueError(f"{width} x {height} is below data.size {size}")
    if recipe.framing == "squash":
        step = recipe.squash_size // size
        wide = tall = recipe.squash_size
        left, top = (int(draws.random() * step) for _ in range(2))
    else:
        step = 1
        low = max(recipe.smallest_scale, size / min(width, height))
        scale = 1 - draws.random() * (1 - low)
        wide, tall = (max(size, round(side * scale)) for side in (width, height))
        left, top = (int(draws.random() * (side - size + 1)) for side in (wide, tall))
    mirrored = recipe.mirror and draws.random() < 0.5
    turns = int(draws.random() * 4) if recipe.rotate else 0
    return Cut(wide, tall, left, top, step, turns, mirrored)


def decode(encoded: bytes) -> Image.Image:
    """Decode a picture: RGB, upright.

    Raises:
        ValueError: it cannot be decoded.
        TrainingError: no picture of its format can be: it is AVIF, and Pillow was built without.
    """
    try:
        with open_image(io.BytesIO(encoded)) as opened:
            opened.load()
            # Damaged EXIF says nothing of the orientation; the pixels are as good as ever.
            with suppress(SyntaxError, ValueError, KeyError, TypeError):
                return rgb_of(ImageOps.exif_transpose(opened))
            return rgb_of(opened)
    except UnidentifiedImageError as error:  # its message tells of a buffer's address
        if encoded[4:12] in (b"ftypavif", b"ftypavis") and not AvifImagePlugin.SUPPORTED:
            raise TrainingError(
                "data.train has AVIF pictures, which this Pillow cannot decode: install one of its "
                "own wheels (pip install --force-reinstall pillow)",
                field="data.train",
            ) from error
        why = "is no picture of a known format" if encoded else "is empty (0 bytes)"
        raise ValueError(why) from error
    except Exception as error:  # Pillow's decoders raise a dozen kinds
        raise ValueError(f"cannot be decoded: {error}") from error


def decode_singly() -> None:
    """Let this process decode an AVIF with one thread, where many are decoded at once.

    Pillow takes one for each core, and starts them anew for every picture.
    """
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1


def cut_picture(picture: Image.Image, recipe: DataRecipe, cut: Cut) -> np.ndarray:
    """Cut a sample, uint8, size x size x 3: Lanczos shrinks crops, bicubic the paper's squash."""
    squash = recipe.framing == "squash"
    smooth = Image.Resampling.BICUBIC if squash else Image.Resampling.LANCZOS
    return _cut(picture, recipe.size, cut, smooth)


def cut_guidance(guidance: Image.Image, recipe: DataRecipe, cut: Cut) -> np.ndarray:
    """Cut a segmentation as its picture is cut, resized to the nearest pixel."""
    return _cut(guidance, recipe.size, cut, Image.Resampling.NEAREST)


def check_guidance(guidance: Image.Image, picture: Image.Image) -> None:
    """Refuse a segmentation that cannot be of this picture.

    Raises:
        ValueError: its aspect differs by more than one pixel.
    """
    high = picture.height * guidance.width / picture.width
    if abs(high - guidance.height) > max(1.0, guidance.width / picture.width):
        raise ValueError(
            f"its segmentation is {guidance.width} x {guidance.height}, "
            f"the picture {picture.width} x {picture.height}"
        )


def cut_sample(
    encoded: bytes, guidance: bytes | None, recipe: DataRecipe, draws: random.Random
) -> list[np.ndarray]:
    """Decode a picture and cut its sample, and its segmentation's: each uint8, size x size x 3.

    Raises:
        ValueError: one of them cannot be decoded, is too small, or they do not belong together.
    """
    picture = decode(encoded)
    cut = plan_cut(*picture.size, recipe, draws)
    pixels = cut_picture(picture, recipe, cut)
    if guidance is None:
        return [pixels]
    try:
        segmentation = decode(guidance)
    except ValueError as error:
        raise ValueError(f"its segmentation {error}") from error
    check_guidance(segmentation, picture)
    return [pixels, cut_guidance(segmentation, recipe, cut)]


def _cut(picture: Image.Image, size: int, cut: Cut, resampling: Image.Resampling) -> np.ndarray:
    span = size * cut.step
    area = (cut.left, cut.top, cut.left + span, cut.top + span)
    if cut.step > 1:  # the last phases would reach one step beyond the edge
        area = (0, 0, span, span)
    if picture.size == (cut.width, cut.height):
        square = picture.crop(area)
    else:
        x, y = picture.width / cut.width, picture.height / cut.height
        box = (area[0] * x, area[1] * y, area[2] * x, area[3] * y)
        # Only what is kept is resized; the filter still sees the pixels around it.
        square = picture.resize((span, span), resampling, box)
    pixels = np.asarray(square)
    if cut.step > 1:
        pixels = pixels[cut.top :: cut.step, cut.left :: cut.step]
    pixels = np.rot90(pixels, cut.turns)
    return pixels[:, ::-1] if cut.mirrored else pixels
