"""The forms that can be traced for all sizes against those that the network has."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgin.export.traceable import traceable
from deepgin.network.prefill import pull_push


@pytest.fixture(scope="module")
def prefill(network_of):
    return traceable(network_of("deepgin-prefill", 2)).prefill


def scene(height, width, missing, seed, count=1):
    random = torch.Generator().manual_seed(seed)
    image = torch.rand(count, 3, height, width, generator=random)
    return image, (torch.rand(count, 1, height, width, generator=random) < missing).float()


@settings(max_examples=30)
@given(
    height=st.integers(1, 90),
    width=st.integers(1, 90),
    missing=st.sampled_from([0.0, 0.5, 0.98, 1.0]),
    seed=st.integers(0, 999),
    count=st.integers(1, 2),
)
def test_pull_push(prefill, height, width, missing, seed, count):
    image, mask = scene(height, width, missing, seed, count)
    torch.testing.assert_close(prefill(image, mask), pull_push(image, mask), rtol=0, atol=1e-5)


@pytest.mark.parametrize("size", [(1, 256), (257, 3), (2, 513), (16, 5000)])
def test_pull_push_of_long_sides(prefill, size):
    """Beyond 256 there are more levels; the last ones are seen where only the ends are valid."""
    image, _ = scene(*size, 0, 0)
    axis = 2 if size[0] > size[1] else 3
    dark, light = image.chunk(2, axis)
    image = torch.cat((dark / 4, 1 - light / 4), axis)
    mask = torch.ones(1, 1, *size)
    mask.narrow(axis, 0, 2).zero_()
    mask.narrow(axis, -3, 3).zero_()
    wanted = pull_push(image, mask)
    torch.testing.assert_close(prefill(image, mask), wanted, rtol=0, atol=1e-5)


@pytest.mark.parametrize("size", [(16, 16), (128, 64)])
def test_attention(network_of, size):
    """Cut into parts at 1/4 and 1/8 of the size, whole at 1/16."""
    network = network_of("deepgin", 2)
    copied = traceable(network)
    image, mask = scene(*size, 0.4, 1, 2)
    with torch.no_grad():
        found, wanted = copied(image, mask), network(image, mask)
    torch.testing.assert_close(found.completed, wanted.completed, rtol=0, atol=1e-4)
