"""Pull-push: what it keeps, what it fills with, and every size."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from deepgin.network.prefill import pull_push


def _rectangle(height: int, width: int, top: int, left: int, rows: int, columns: int) -> Tensor:
    mask = torch.zeros(1, 1, height, width)
    mask[..., top : top + rows, left : left + columns] = 1
    return mask


@settings(max_examples=60)
@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    missing=st.sampled_from([0.0, 0.1, 0.5, 0.9, 0.99]),
    seed=st.integers(0, 999),
    batch=st.integers(1, 2),
)
def test_any_size_and_mask(height, width, missing, seed, batch) -> None:
    """Filling is an average of valid pixels: finite, within their range, and not beside itself."""
    random = torch.Generator().manual_seed(seed)
    image = torch.rand(batch, 3, height, width, generator=random)
    mask = (torch.rand(batch, 1, height, width, generator=random) < missing).float()
    # One valid pixel at least, so that there is a range.
    mask[..., seed % height, seed % width] = 0
    filled = pull_push(image, mask)
    assert filled.shape == image.shape
    assert filled.isfinite().all()
    other = torch.where(mask == 1, 1e4, image)
    assert torch.equal(pull_push(other, mask), filled)
    valid = mask.expand_as(image) == 0
    assert torch.equal(filled[valid], image[valid])
    lowest = torch.where(valid, image, torch.inf).amin((2, 3), keepdim=True)
    highest = torch.where(valid, image, -torch.inf).amax((2, 3), keepdim=True)
    # A single valid pixel of 128 x 128 is pulled by 1.3e-4 at most towards grey.
    assert (filled >= lowest - 1e-4).all()
    assert (filled <= highest + 1e-4).all()


@pytest.mark.parametrize("size", [256, 512])
def test_the_nearest_colours_win(size: int) -> None:
    """Two halves of unlike colour: the hole takes after the half that it lies in."""
    image = torch.zeros(1, 1, size, size)
    image[..., size // 2 :] = 1
    eighth = size // 8
    mask = _rectangle(size, size, 3 * eighth, eighth, 2 * eighth, eighth)
    mask += _rectangle(size, size, 3 * eighth, 6 * eighth, 2 * eighth, eighth)
    filled = pull_push(image, mask)
    assert filled[..., : size // 2].max() < 0.35
    assert filled[..., size // 2 :].min() > 0.65


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (70, 3), (129, 257)])
def test_all_missing_gives_grey_and_nothing_missing_the_picture(size: tuple[int, int]) -> None:
    image, mask = torch.rand(1, 3, *size), torch.ones(1, 1, *size)
    grey = torch.full_like(image, 0.5)
    torch.testing.assert_close(pull_push(image, mask), grey, rtol=0, atol=1e-5)
    assert torch.equal(pull_push(image, 1 - mask), image)
