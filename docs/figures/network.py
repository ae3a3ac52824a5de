"""Draw both stages of the generator, with channels at the paper's width and sizes at 256 pixels.

python docs/figures/network.py
"""

from itertools import pairwise

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Rectangle
from style import BLUE, FAINT, GREEN, HOLE, INK, VIOLET, YELLOW, save

TALL = {256: 2.0, 128: 1.6, 64: 1.25, 32: 0.95, 16: 0.7}
CONV, SPD, ATTENTION, PICTURE, GIVEN = BLUE, GREEN, VIOLET, YELLOW, "#c9d1da"
COARSE = (
    # centre, width, label above, size, colour
    (0.5, 0.5, "masked 3\n+ mask 1", 256, GIVEN),
    (1.5, 0.32, "32", 256, CONV),
    (2.3, 0.32, "64", 128, CONV),
    (3.1, 0.32, "128", 64, CONV),
    (3.9, 0.32, "256", 32, CONV),
    (5.6, 2.3, "six SPD blocks, 8 rates, 256", 32, SPD),
    (7.4, 0.32, "128", 64, CONV),
    (8.2, 0.32, "64", 128, CONV),
    (9.0, 0.32, "32", 256, CONV),
    (10.0, 0.5, "coarse\n3", 256, PICTURE),
)
REFINED = (
    (0.5, 0.5, "composite 3\n+ mask 1", 256, GIVEN),
    (1.5, 0.32, "32", 256, CONV),
    (2.2, 0.32, "64", 128, CONV),
    (2.9, 0.32, "128", 64, CONV),
    (3.6, 0.32, "256", 32, CONV),
    (4.3, 0.32, "512", 16, CONV),
    (5.15, 0.95, "3 SPD\n4 rates", 16, SPD),
    (5.95, 0.36, "NL", 16, ATTENTION),
    (6.75, 0.95, "3 SPD\n4 rates", 16, SPD),
    (7.75, 0.45, "256\n+ mix", 32, CONV),
    (8.55, 0.45, "128\n+ mix", 64, CONV),
    (9.3, 0.32, "64", 128, CONV),
    (10.0, 0.32, "32", 256, CONV),
    (11.0, 0.5, "out 3\nalpha 1", 256, PICTURE),
)


def main() -> None:
    figure, axes = plt.subplots(figsize=(11.0, 9.04))
    axes.set(xlim=(-0.3, 13.2), ylim=(-4.9, 6.2), aspect="equal")
    axes.axis("off")
    coarse, refined = 3.9, -0.2
    title(axes, 5.9, "Coarse stage G1")
    row(axes, COARSE, coarse)
    title(axes, 1.95, "Refinement stage G2")
    row(axes, REFINED, refined)
    between(axes, coarse, refined)
    skips(axes, refined)
    back_projection(axes, refined)
    key(axes)
    figure.subplots_adjust(0, 0, 1, 1)
    save(figure, "network.svg")


def title(axes: Axes, y: float, text: str) -> None:
    axes.text(0.9, y, text, fontsize=15, fontweight="bold", va="center")


def row(axes: Axes, boxes: tuple, y: float) -> None:
    for centre, width, label, size, colour in boxes:
        tall = TALL[size]
        place = (centre - width / 2, y - tall / 2)
        axes.add_patch(Rectangle(place, width, tall, facecolor=colour, edgecolor="white"))
        axes.text(centre, y + tall / 2 + 0.08, label, ha="center", va="bottom", fontsize=11)
        axes.text(
            centre, y - tall / 2 - 0.08, str(size), ha="center", va="top", fontsize=10, color=FAINT
        )
    for left, right in pairwise(boxes):
        arrow(axes, (left[0] + left[1] / 2, y), (right[0] - right[1] / 2, y))


def arrow(axes: Axes, start: tuple, end: tuple, *, bend: str = "arc3", colour: str = INK) -> None:
    patch = FancyArrowPatch(
        start,
        end,
        connectionstyle=bend,
        arrowstyle="-|>",
        mutation_scale=9,
        color=colour,
        linewidth=1.1,
        shrinkA=1,
        shrinkB=1,
    )
    axes.add_patch(patch)


def box(axes: Axes, x: float, y: float, width: float, text: str, colour: str) -> None:
    place = (x - width / 2, y - 0.3)
    axes.add_patch(Rectangle(place, width, 0.6, facecolor=colour, edgecolor="white"))
    white = colour not in (PICTURE, GIVEN)
    axes.text(x, y, text, ha="center", va="center", fontsize=11, color="white" if white else INK)


def between(axes: Axes, coarse: float, refined: float) -> None:
    """Draw the composite: coarse in the hole, given pixels elsewhere, and back to the left."""
    box(axes, 11.9, coarse, 2.2, "coarse in the hole,\ngiven elsewhere", GIVEN)
    arrow(axes, (10.25, coarse), (10.8, coarse))
    axes.plot([11.9, 11.9, 0.5], [coarse - 0.3, 2.45, 2.45], color=INK, linewidth=1.1)
    arrow(axes, (0.5, 2.45), (0.5, refined + 1.55))


def skips(axes: Axes, y: float) -> None:
    """Draw the ways from 1/4 and 1/8 of the size through a convolution and attention to the decoder."""
    for start, end, depth, channels, size in (
        (2.9, 8.55, 2.25, 64, 64),
        (3.6, 7.75, 1.5, 128, 32),
    ):
        low = y - depth
        middle = 5.4 if size == 32 else 4.9
        foot = y - TALL[size] / 2 - 0.3
        axes.plot([start, start, middle - 0.9], [foot, low, low], color=VIOLET, linewidth=1.1)
        box(axes, middle, low, 1.8, f"3x3 to {channels}, NL", ATTENTION)
        axes.plot([middle + 0.9, end], [low, low], color=VIOLET, linewidth=1.1)
        arrow(axes, (end, low), (end, foot), colour=VIOLET)


def back_projection(axes: Axes, y: float) -> None:
    low = y - 3.2
    axes.plot([8.85, 9.1, 9.1], [y, y, low + 0.3], color=HOLE, linewidth=1.1, zorder=0)
    box(axes, 9.1, low, 1.9, "low resolution 3", PICTURE)
    axes.text(9.1, low - 0.38, "64", ha="center", va="top", fontsize=10, color=FAINT)
    box(axes, 12.2, y, 1.5, "back\nprojection", HOLE)
    arrow(axes, (11.25, y), (11.45, y))
    axes.plot([10.05, 12.2], [low, low], color=HOLE, linewidth=1.1)
    arrow(axes, (12.2, low), (12.2, y - 0.3), colour=HOLE)
    arrow(axes, (12.2, y + 0.3), (12.2, y + 1.05))
    box(axes, 12.25, y + 1.35, 1.75, "reconstructed 3", PICTURE)


def key(axes: Axes) -> None:
    entries = (
        (CONV, "convolution, LeakyReLU"),
        (SPD, "SPD blocks"),
        (ATTENTION, "NL: self-attention"),
        (PICTURE, "pictures and alpha map"),
        (GIVEN, "what goes in"),
    )
    for i, (colour, text) in enumerate(entries):
        x, y = 0.3, -2.85 - 0.36 * i
        axes.add_patch(Rectangle((x, y - 0.11), 0.3, 0.22, facecolor=colour))
        axes.text(x + 0.42, y, text, va="center", fontsize=11)
    note = "above: channels at width 64; below: pixels at 256"
    axes.text(0.3, -2.85 - 0.36 * len(entries), note, va="center", fontsize=11, color=FAINT)


if __name__ == "__main__":
    main()
