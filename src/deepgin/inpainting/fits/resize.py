"""The whole picture shrunk to the network's size, its filling enlarged."""

from collections.abc import Generator, Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from ..batches import Patch
from .base import Completed, OnExpected, Scene, Work, ignore

_QUARTER = 64
# Seen with the shipped weights on six photos, hole PSNR in dB whole and in crops: at 384 pixels
# large rectangles 16.2 and 16.4, small ones 22.3 and 22.4, strokes 20.3 and 20.3; at 512 strokes
# 20.1 and 20.2, small ones 23.1 and 23.3. Whole is one pass.
_WHOLE = 1.5
_LONGEST = 2


class Resize:
    """The picture shrunk so that its longer side is what the network was trained at.

    The filling is enlarged again, bicubic. It is coherent even in the largest hole, and less sharp
    than its surroundings by as much as the picture was shrunk.
    """

    name = "resize"

    def work(self, scene: Scene, expect: OnExpected = ignore) -> Work:
        """See `Fit.work`."""
        height, width = scene.hidden.shape
        small = shrunk(scene, scene.trained_at)
        expect(1)
        filling = yield from fill_whole(small)
        fit = f"{self.name} (to {small.hidden.shape[1]} x {small.hidden.shape[0]})"
        return Completed(enlarged(filling, (width, height)), fit)


def seen_whole(scene: Scene) -> bool:
    """Return whether a scene is small enough to be filled at once as well as in crops."""
    height, width = scene.hidden.shape
    most = scene.trained_at
    return height * width <= (_WHOLE * most) ** 2 and max(height, width) <= _LONGEST * most


def fill_whole(scene: Scene) -> Generator[Sequence[Patch], Sequence[np.ndarray], np.ndarray]:
    """Fill a scene at its own size; nothing passes the network where all is known."""
    height, width = scene.hidden.shape
    if not scene.hidden.any():
        return scene.picture
    (filling,) = yield [scene.patch()]
    # The valid pixels stand as they are, whatever the runtime gives for them.
    return np.where(scene.hidden[..., None], filling[:height, :width], scene.picture)


def shrunk(scene: Scene, side: int) -> Scene:
    """Return the scene with its longer side at most `side`, or itself if it is no larger.

    A pixel of the small picture is the mean of the valid pixels that it covers; it is missing
    where they are less than a quarter of what it covers. So nothing of a hole's old contents gets in.
    """
    height, width = scene.hidden.shape
    if max(height, width) <= side:
        return scene
    by = side / max(height, width)
    size = (max(1, round(width * by)), max(1, round(height * by)))
    # Pillow weighs colours by alpha when it resizes: alpha is what is valid.
    alpha = np.where(scene.hidden, np.uint8(0), np.uint8(255))
    rgba = Image.fromarray(np.dstack([scene.picture, alpha]))
    small = np.asarray(rgba.resize(size, Image.Resampling.HAMMING))
    # Evenly scattered holes may leave less than that everywhere: then the most there is.
    hidden = small[..., 3] < max(1, min(_QUARTER, int(small[..., 3].max())))
    holes = Image.fromarray(scene.hole.view(np.uint8) * np.uint8(255))
    hole = hidden & (np.asarray(holes.resize(size, Image.Resampling.BOX)) > 0)
    guide = scene.guidance
    if guide is not None:
        # Its colours are codes, which have no means.
        guide = np.asarray(Image.fromarray(guide).resize(size, Image.Resampling.NEAREST))
    return replace(scene, picture=small[..., :3], hole=hole, hidden=hidden, guidance=guide)


def enlarged(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return a picture in another size (width, height), bicubic."""
    if picture.shape[1::-1] == size:
        return picture
    image = Image.fromarray(np.ascontiguousarray(picture))
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC))
