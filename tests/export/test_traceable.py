"""Pull-push in the form that is traced for all sizes at once, against the network's own."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgin.export.traceable import traceable
from deepgin.network.prefill import pull_push


@pytest.fixture(scope="module")
def prefill(network_of):
    return traceable(network_of("deepgin-prefill", 2)).prefill


@settings(max_examples=40)
@given(
    size=st.tuples(st.integers(1, 2), st.just(3), st.integers(1, 90), st.integers(1, 90)),
    missing=st.sampled_from([0.0, 0.5, 0.98, 1.0]),
    seed=st.integers(0, 999),
)
def test_any_size(prefill, size, missing, seed):
    random = torch.Generator().manual_seed(seed)
    image = torch.rand(size, generator=random)
    mask = (torch.rand_like(image[:, :1]) < missing).float()
    torch.testing.assert_close(prefill(image, mask), pull_push(image, mask), rtol=0, atol=1e-5)


@pytest.mark.parametrize("size", [(1, 256), (257, 3), (2, 513), (16, 5000)])
def test_long_sides(prefill, size):
    """Beyond 256 there are more levels; the last ones are seen where only the ends are valid."""
    axis = 2 if size[0] > size[1] else 3
    dark, light = torch.rand(1, 3, *size).chunk(2, axis)
    image, mask = torch.cat((dark / 4, 1 - light / 4), axis), torch.ones(1, 1, *size)
    mask.narrow(axis, 0, 2).zero_()
    mask.narrow(axis, -3, 3).zero_()
    torch.testing.assert_close(prefill(image, mask), pull_push(image, mask), rtol=0, atol=1e-5)
