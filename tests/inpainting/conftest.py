"""A runtime in NumPy, which makes tests fast and what went through the network plain."""

import numpy as np
import pytest

from deepgin.inpainting import Options
from deepgin.inpainting.batches import Steps, complete_all, fill
from deepgin.inpainting.scenes import Scene
from deepgin.runtimes import OutOfMemory


class Painter:
    """Paints holes in one colour and changes every valid pixel; keeps what it was given.

    Args:
        most: a batch of more patches than that is out of memory.
    """

    COLOUR = 77
    bytes_a_pixel = 1
    notes = ()

    def __init__(
        self,
        size_multiple=16,
        group_pixels=0,
        most=1000,
        free=1 << 40,
        guided=False,
        trained_at=256,
        fixed=False,
    ):
        self.size_multiple, self.group_pixels, self.guided = size_multiple, group_pixels, guided
        self.most, self.free, self.trained_at = most, free, trained_at
        self.seen, self.fixed = [], fixed

    def fill(self, pictures, masks, guidance=None):
        if len(pictures) > self.most:
            raise OutOfMemory("too many")
        assert pictures.dtype == np.uint8
        assert masks.dtype == np.bool_
        assert pictures.shape == (*masks.shape, 3)
        assert all(side % self.size_multiple == 0 for side in masks.shape[1:])
        assert (guidance is not None) == self.guided
        self.seen.append((pictures, masks, guidance))
        return np.where(masks[..., None], np.uint8(self.COLOUR), 255 - pictures)

    def free_bytes(self):
        return self.free


@pytest.fixture(scope="session")
def alone():
    """Options under which the network's own fill is the result."""
    return Options(texture="off")


@pytest.fixture(scope="session")
def painter():
    """The class `Painter`."""
    return Painter


@pytest.fixture(scope="session")
def complete():
    """Completes one picture by one fit."""

    def completed(fit, runtime, picture, mask):
        takes = runtime.trained_at, runtime.size_multiple, runtime.fixed
        works = [fit(Scene(picture, mask, mask, None, *takes), Steps())]
        return complete_all(works, lambda patches: fill(runtime, patches))[0]

    return completed
