"""Draw which pixels one output pixel of each residual block sees, measured on the blocks themselves.

python docs/figures/blocks.py
"""

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.colors import LogNorm
from style import FAINT, save
from torch import nn

from deepgin.network.blocks import SPD4_RATES, SPD8_RATES, Conv, ResidualBlock, SpdBlock

SIDE = 27
BLOCKS = (
    ("standard", ResidualBlock(8)),
    ("dilated, rate 2", ResidualBlock(8, rate=2)),
    ("SPD, 4 rates", SpdBlock(8, SPD4_RATES)),
    ("SPD, 8 rates", SpdBlock(8, SPD8_RATES)),
)


def paths(block: nn.Module) -> np.ndarray:
    """Return by how many paths each input pixel reaches the middle one, the sum's own left out."""
    for module in block.modules():
        if isinstance(module, Conv):
            # One output channel of a path is one of all of the branch: no path counts twice.
            nn.init.constant_(module.weight, 1 / module.weight.shape[1])
            module.fill_bias(0)
    picture = torch.ones(1, 8, SIDE, SIDE, requires_grad=True)
    (block(picture) - picture)[0, 0, SIDE // 2, SIDE // 2].backward()
    assert picture.grad is not None
    return picture.grad[0].sum(0).numpy()


def main() -> None:
    figure, row = plt.subplots(1, len(BLOCKS), figsize=(10, 3.0), layout="constrained")
    for axes, (name, block) in zip(row, BLOCKS, strict=True):
        found = paths(block)
        seen = found > 0
        side = int(seen.any(0).sum())
        shown = np.where(seen, found, np.nan)
        axes.imshow(shown, cmap="viridis_r", norm=LogNorm(found[seen].min(), found.max()))
        axes.set(xticks=[], yticks=[])
        axes.set_title(name, fontsize=11)
        share = 100 * seen.sum() / side**2
        axes.set_xlabel(f"{side} x {side} positions, {share:.0f} % seen", color=FAINT, fontsize=9)
    save(figure, "blocks.png", dpi=100)


if __name__ == "__main__":
    main()
