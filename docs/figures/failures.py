"""Draw where the weights that ship fail, for their model card: hole, filling and truth.

python docs/figures/failures.py
"""

from pathlib import Path

import numpy as np
from PIL import Image
from style import EXAMPLES

from deepgin import Inpainter, masks
from deepgin.inpainting import Options

CASES = (
    ("chelsea.png", "rectangle", 3),
    ("coffee.png", "cellular", 7),
    ("rocket.jpg", "freeform", 1),
)
TARGET = Path(__file__).parents[2] / "src/deepgin/weights/files/failures.jpg"
GAP = 4


def main() -> None:
    # The card is of the weights: without texture.
    inpainter = Inpainter(precision="float32", options=Options(texture="off"))
    rows = []
    for name, kind, seed in CASES:
        truth = np.asarray(Image.open(EXAMPLES / name).convert("RGB"))[:256, :384]
        hole = masks.draw(kind, *truth.shape[:2], seed=seed)
        filled = np.asarray(inpainter(truth, hole))
        holed = np.where(hole[..., None], np.uint8(255), truth)
        gap = np.full((truth.shape[0], GAP, 3), 255, np.uint8)
        rows.append(np.concatenate([holed, gap, filled, gap, truth], 1))
    Image.fromarray(np.concatenate(rows)).save(TARGET, quality=72)
    print(f"wrote {TARGET.name}: {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
