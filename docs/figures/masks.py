"""Draw masks of the three kinds by the package's own generators, with the share that is missing.

python docs/figures/masks.py
"""

import matplotlib.pyplot as plt
from style import FAINT, INK, save

from deepgin import masks

SEEDS = (1, 2, 3, 4)
NAMES = {"rectangle": "rectangle", "freeform": "free-form", "cellular": "cellular automaton"}


def main() -> None:
    figure, grid = plt.subplots(3, len(SEEDS), figsize=(7.6, 6.6), layout="constrained")
    for row, (kind, name) in zip(grid, NAMES.items(), strict=True):
        for axes, seed in zip(row, SEEDS, strict=True):
            mask = masks.draw(kind, 256, 256, seed)
            axes.imshow(mask, cmap="gray", interpolation="nearest")
            axes.set(xticks=[], yticks=[])
            axes.set_xlabel(f"{100 * mask.mean():.0f} % missing", color=FAINT, fontsize=9)
        row[0].set_ylabel(name, color=INK, fontsize=11)
    save(figure, "masks.png", dpi=110)


if __name__ == "__main__":
    main()
