"""Draw how each fit brings a large picture to the network, and the grid that polyphase leaves.

python docs/figures/fits.py
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from PIL import Image
from style import EXAMPLES, FAINT, HOLE, INK, save

from deepgin import Inpainter, masks
from deepgin.inpainting import Options
from deepgin.inpainting.boxes import boxes_of, view_of
from deepgin.inpainting.fits import divide

TRAINED = 256
"""Pixels that the network was trained at."""


def large() -> tuple[np.ndarray, np.ndarray]:
    """Return the coffee enlarged to 768 x 512, since no example is that large, and a mask."""
    picture = Image.open(EXAMPLES / "coffee.png").convert("RGB")
    picture = picture.resize((768, 512), Image.Resampling.LANCZOS)
    mask = np.zeros((512, 768), np.bool_)
    mask[90:180, 100:190] = mask[300:420, 420:580] = True
    return np.asarray(picture), mask


def main() -> None:
    picture, mask = large()
    draw_fits(picture, mask)
    draw_grid(picture)


def draw_fits(picture: np.ndarray, mask: np.ndarray) -> None:
    holed = np.where(mask[..., None], np.uint8(255), picture)
    figure, grid = plt.subplots(2, 2, figsize=(8.4, 5.8), layout="constrained")
    direct, resize, crop, polyphase = grid.flat
    whole(direct, "direct", "all 768 x 512 pixels at once")
    direct.imshow(holed)
    whole(resize, "resize", "the whole at 256, the filling enlarged")
    resize.imshow(np.full_like(holed, 240))
    small = np.asarray(Image.fromarray(holed).resize((256, 171)))
    resize.imshow(small, extent=(256, 512, 341, 170))
    whole(crop, "crop", "256 x 256 round each hole, with context")
    crop.imshow(holed)
    for box in boxes_of(mask, TRAINED // 2):
        view = view_of(box, mask.shape, TRAINED)
        crop.add_patch(outline(view.left, view.top, view.right, view.bottom))
    whole(polyphase, "polyphase [P]", "2 x 2 pictures of every second pixel")
    parts = divide(holed, 2)
    rows = [np.concatenate([parts[i], parts[i + 1]], 1) for i in (0, 2)]
    polyphase.imshow(np.concatenate(rows))
    polyphase.axhline(255.5, color="white", linewidth=2)
    polyphase.axvline(383.5, color="white", linewidth=2)
    for axes in grid.flat:
        axes.set(xlim=(0, 768), ylim=(512, 0))
    save(figure, "fits.jpg", dpi=100, pil_kwargs={"quality": 82})


def whole(axes: Axes, name: str, text: str) -> None:
    axes.set(xticks=[], yticks=[])
    axes.set_title(name, fontsize=12, color=INK)
    axes.set_xlabel(text, fontsize=10, color=FAINT)


def outline(left: int, top: int, right: int, bottom: int) -> Rectangle:
    size = (right - left - 1, bottom - top - 1)
    return Rectangle((left, top), *size, fill=False, edgecolor=HOLE, linewidth=2)


def draw_grid(picture: np.ndarray) -> None:
    """Fill the same hole by crop, polyphase, and polyphase with degrid, and look closely."""
    mask = masks.draw("rectangle", 512, 768, 5)
    rows, columns = (np.flatnonzero(mask.any(1 - axis)) for axis in (0, 1))
    middle = (rows[len(rows) // 2], columns[len(columns) // 2])
    close = np.s_[middle[0] - 36 : middle[0] + 36, middle[1] - 48 : middle[1] + 48]
    inpainter = Inpainter(precision="float32")
    figure, row = plt.subplots(1, 3, figsize=(8.4, 2.5), layout="constrained")
    fits = {
        "crop": Options(fit="crop"),
        "polyphase": Options(fit="polyphase"),
        "polyphase, degrid": Options(fit="polyphase", degrid=True),
    }
    for axes, (name, options) in zip(row, fits.items(), strict=True):
        filled = np.asarray(inpainter(picture, mask, options=options)).astype(float)[close]
        # Contrast stretched alike in all three, or print would swallow two grey levels.
        shown = np.clip((filled - filled.mean((0, 1))) * 3 + 128, 0, 255).astype(np.uint8)
        axes.imshow(shown, interpolation="nearest")
        axes.set(xticks=[], yticks=[])
        axes.set_title(name, fontsize=11)
    save(figure, "grid.png", dpi=100)


if __name__ == "__main__":
    main()
