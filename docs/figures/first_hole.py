"""Draw the tutorial's first picture: hole and result side by side, at their own size.

python docs/figures/first_hole.py
"""

import numpy as np
from PIL import Image
from style import EXAMPLES, FOLDER

from deepgin import Inpainter

GAP = 8


def main() -> None:
    picture = Image.open(EXAMPLES / "coffee.png").convert("RGB")
    mask = Image.open(EXAMPLES / "coffee-mask.png").convert("L")
    filled = Inpainter(precision="float32")(picture, mask)
    holed = Image.composite(Image.new("RGB", picture.size, "white"), picture, mask)
    gap = np.full((picture.height, GAP, 3), 255, np.uint8)
    both = np.concatenate([np.asarray(holed), gap, np.asarray(filled)], 1)
    path = FOLDER / "first-hole.jpg"
    Image.fromarray(both).save(path, quality=80)
    print(f"wrote {path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
