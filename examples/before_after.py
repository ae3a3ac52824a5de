"""Remove the firs of an example: photograph, network alone, network and texture, at full size.

python examples/before_after.py docs/firs.jpg
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from deepgin import Inpainter
from deepgin.inpainting import Options

MARGIN = 120
GAP = 6


def main(output: str) -> None:
    folder = Path(__file__).parent
    picture, mask = Image.open(folder / "firs.jpg"), Image.open(folder / "firs-mask.png")
    inpainter = Inpainter()
    filled = [
        inpainter(picture, mask, options=Options(texture=texture)) for texture in ("off", "on")
    ]
    left, top, right, bottom = mask.getbbox()
    box = (
        max(0, left - MARGIN),
        max(0, top - MARGIN),
        min(picture.width, right + MARGIN),
        min(picture.height, bottom + MARGIN),
    )
    cells = [np.asarray(one.crop(box)) for one in (picture, *filled)]
    gap = np.full((cells[0].shape[0], GAP, 3), 255, np.uint8)
    row = np.concatenate([part for cell in cells for part in (cell, gap)][:-1], 1)
    Image.fromarray(row).save(output, quality=90)
    print(f"wrote {output}: photograph, network alone, network and texture")


if __name__ == "__main__":
    main(*sys.argv[1:])
