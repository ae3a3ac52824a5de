"""Draw what the shipped network makes on its way: prefill, coarse, low resolution, alpha, completed.

python docs/figures/inside.py
"""

import matplotlib.pyplot as plt
import numpy as np
import torch
from PIL import Image
from style import EXAMPLES, save
from torch import Tensor

import deepgin
from deepgin.network import Filled
from deepgin.network.prefill import pull_push

WINDOW = (64, 0, 320, 256)


def read(name: str) -> tuple[Tensor, Tensor]:
    """Return the middle square of an example and its mask as the network takes them."""
    picture = Image.open(EXAMPLES / f"{name}.png").convert("RGB").crop(WINDOW)
    mask = Image.open(EXAMPLES / f"{name}-mask.png").convert("L").crop(WINDOW)
    image = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None] / 255
    return image, (torch.from_numpy(np.array(mask)) > 127).float()[None, None]


@torch.inference_mode()
def fill(image: Tensor, mask: Tensor) -> Filled:
    return deepgin.load()(image, mask)


def main() -> None:
    image, mask = read("coffee")
    filled = fill(image, mask)
    assert filled.low_resolution is not None and filled.alpha is not None
    pictures = {
        "masked: holes white": image * (1 - mask) + mask,
        "pull-push (ours)": pull_push(image, mask),
        "coarse": filled.coarse,
        "low resolution, 64 x 64": filled.low_resolution,
        "alpha: black 0, white 1": filled.alpha,
        "completed": filled.completed,
    }
    figure, grid = plt.subplots(2, 3, figsize=(8.4, 6.0), layout="constrained")
    for axes, (name, picture) in zip(grid.flat, pictures.items(), strict=True):
        array = picture[0].permute(1, 2, 0).clamp(0, 1).numpy()
        axes.imshow(array.squeeze(), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        axes.set(xticks=[], yticks=[])
        axes.set_title(name, fontsize=11)
    save(figure, "inside.jpg", dpi=100, pil_kwargs={"quality": 75})


if __name__ == "__main__":
    main()
