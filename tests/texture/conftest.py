"""Pictures whose right filling is known."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest


@pytest.fixture(scope="session")
def pool():
    with ThreadPoolExecutor(2) as threads:
        yield threads


@pytest.fixture(scope="session")
def tiles():
    """Returns a picture that repeats a random tile of 12 x 10: uint8."""

    def made(height, width, seed=3):
        tile = np.random.default_rng(seed).integers(40, 216, (12, 10, 3), dtype=np.uint8)
        rows, columns = np.arange(height) % 12, np.arange(width) % 10
        return tile[rows][:, columns]

    return made
