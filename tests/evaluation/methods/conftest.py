"""A small real picture with a hole."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture(scope="session")
def scene():
    """A cup at 96 pixels and a hole in it, both read-only as arrays from Pillow are."""
    with Image.open(EXAMPLES / "coffee.png") as opened:
        square = opened.convert("RGB").crop((64, 0, 320, 256))
    picture = np.array(square.resize((96, 96), Image.Resampling.LANCZOS))
    hole = np.zeros((96, 96), np.bool_)
    hole[20:44, 30:52] = hole[60:66, 10:70] = True
    picture.flags.writeable = hole.flags.writeable = False
    return picture, hole
