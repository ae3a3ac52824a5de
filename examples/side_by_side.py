"""Fill the examples and draw hole, result and original side by side.

python examples/side_by_side.py docs/side-by-side.jpg
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from deepgin import Inpainter

PICTURES = ("coffee.png", "rocket.jpg", "chelsea.png")
WIDTH = 384
GAP = 6


def main(output: str) -> None:
    folder = Path(__file__).parent
    inpainter = Inpainter()
    rows = []
    for name in PICTURES:
        picture = Image.open(folder / name).convert("RGB")
        mask = Image.open(folder / f"{Path(name).stem}-mask.png")
        filled = inpainter(picture, mask)
        hole = Image.composite(Image.new("RGB", picture.size, "white"), picture, mask.convert("L"))
        size = (WIDTH, round(WIDTH * picture.height / picture.width))
        cells = [p.resize(size, Image.Resampling.LANCZOS) for p in (hole, filled, picture)]
        rows.append(_beside([np.asarray(cell) for cell in cells]))
    width = rows[0].shape[1]
    gap = np.full((GAP, width, 3), 255, np.uint8)
    Image.fromarray(np.concatenate([part for row in rows for part in (row, gap)][:-1])).save(
        output, quality=90
    )
    print(f"wrote {output}: hole, result, original")


def _beside(cells: list[np.ndarray]) -> np.ndarray:
    gap = np.full((cells[0].shape[0], GAP, 3), 255, np.uint8)
    return np.concatenate([part for cell in cells for part in (cell, gap)][:-1], 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
