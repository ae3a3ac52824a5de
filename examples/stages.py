"""Draw what two weights make of the examples, row under row: the end of each stage, say.

python examples/stages.py WARM_UP.safetensors MAIN.safetensors stages.jpg
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from deepgin.runtimes.torch import TorchRuntime
from deepgin.training.validation import Validation
from deepgin.weights import Model

SIDE = 256


def main(first: str, second: str, target: str) -> None:
    validation = Validation(Path(__file__).parent, 3)
    sheets = [np.asarray(validation.sheet(TorchRuntime(Model(file)))) for file in (first, second)]
    rows = range(0, len(sheets[0]), SIDE)
    pairs = [sheet[row : row + SIDE] for row in rows for sheet in sheets]
    picture = Image.fromarray(np.concatenate(pairs))
    size = (picture.width * 2 // 3, picture.height * 2 // 3)
    picture.resize(size, Image.Resampling.LANCZOS).save(target, quality=85)
    print(f"wrote {target}: input, coarse, low resolution, alpha, completed, truth")


if __name__ == "__main__":
    main(*sys.argv[1:])
