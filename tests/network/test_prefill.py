"""Pull-push: what it keeps, what it fills with, and every size."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from deepgin.network.prefill import pull_push


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def _rectangle(height: int, width: int, top: int, left: int, rows: int, columns: int) -> Tensor:
    mask = torch.zeros(1, 1, height, width)
    mask[..., top : top + rows, left : left + columns] = 1
    return mask


@settings(max_examples=80, deadline=None)
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
    valid = mask.expand_as(image) == 0
    assert torch.equal(filled[valid], image[valid])
    lowest = torch.where(valid, image, torch.inf).amin((2, 3), keepdim=True)
    highest = torch.where(valid, image, -torch.inf).amax((2, 3), keepdim=True)
    # A single valid pixel of 128 x 128 is pulled by 1.3e-4 at most towards grey.
    assert (filled >= lowest - 1e-4).all()
    assert (filled <= highest + 1e-4).all()


@settings(max_examples=30, deadline=None)
@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    seed=st.integers(0, 999),
    under=st.sampled_from([0.0, 1.0, -7.0, 1e4]),
)
def test_what_stands_under_the_mask_does_not_matter(height, width, seed, under) -> None:
    random = torch.Generator().manual_seed(seed)
    image = torch.rand(1, 3, height, width, generator=random)
    mask = (torch.rand(1, 1, height, width, generator=random) < 0.5).float()
    other = torch.where(mask == 1, torch.full_like(image, under), image)
    assert torch.equal(pull_push(image, mask), pull_push(other, mask))


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("size", [(1, 2), (16, 16), (40, 56), (256, 256), (300, 20)])
def test_a_constant_picture_stays_constant(value: float, size: tuple[int, int]) -> None:
    height, width = size
    mask = _rectangle(*size, height // 4, width // 4, max(1, height // 2), max(1, width // 2))
    assert 0 < mask.mean() < 1
    image = torch.full((1, 3, *size), value)
    filled = pull_push(image * (1 - mask) + 0.77 * mask, mask)
    torch.testing.assert_close(filled, image, rtol=0, atol=1e-4)


def test_each_picture_and_channel_is_filled_from_itself() -> None:
    values = torch.tensor([[0.0, 0.2, 0.4], [0.6, 0.8, 1.0]])
    image = values[:, :, None, None].expand(2, 3, 24, 24)
    masks = torch.cat([_rectangle(24, 24, 2, 3, 15, 9), _rectangle(24, 24, 8, 0, 16, 24)])
    torch.testing.assert_close(pull_push(image, masks), image, rtol=0, atol=1e-4)


@pytest.mark.parametrize("axis", [2, 3])
def test_a_ramp_is_continued_roughly(axis: int) -> None:
    ramp = torch.linspace(0, 1, 64)
    image = ramp.view(-1, 1) if axis == 2 else ramp.view(1, -1)
    image = image.expand(1, 3, 64, 64)
    mask = _rectangle(64, 64, 20, 20, 24, 24)
    filled = pull_push(image, mask)
    hole = mask.expand_as(image) == 1
    error = (filled - image)[hole].abs()
    grey = (0.5 - image)[hole].abs()
    assert error.mean() < 0.5 * grey.mean()  # nearer than the mean colour
    assert error.max() < 0.15
    # Across the hole the colours rise with the ramp.
    inside = filled[0, 0, 20:44, 20:44].mean(1 if axis == 2 else 0)
    assert (inside.diff() > -0.01).all()
    assert inside[-1] - inside[0] > 0.15


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (70, 3), (129, 257)])
def test_all_missing_gives_grey(size: tuple[int, int]) -> None:
    filled = pull_push(torch.rand(1, 3, *size), torch.ones(1, 1, *size))
    torch.testing.assert_close(filled, torch.full((1, 3, *size), 0.5), rtol=0, atol=1e-5)


def test_one_pixel() -> None:
    image = torch.tensor([0.1, 0.6, 0.9]).view(1, 3, 1, 1)
    assert torch.equal(pull_push(image, torch.zeros(1, 1, 1, 1)), image)
    torch.testing.assert_close(
        pull_push(image, torch.ones(1, 1, 1, 1)), torch.full_like(image, 0.5), rtol=0, atol=1e-5
    )


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


def test_the_layout_of_the_memory_does_not_matter() -> None:
    image = torch.rand(2, 3, 32, 48)
    mask = (torch.rand(2, 1, 32, 48) < 0.5).float()
    turned = pull_push(image.to(memory_format=torch.channels_last), mask)
    torch.testing.assert_close(turned, pull_push(image, mask), rtol=0, atol=1e-6)
