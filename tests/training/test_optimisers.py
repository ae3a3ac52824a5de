"""Muon: orthogonal updates of kernels, Adam for the rest."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from deepgin.training.optimisers import Muon, is_kernel, load_optimizer, orthogonal


@given(
    rows=st.integers(1, 24),
    columns=st.integers(1, 24),
    scale=st.sampled_from([1e-6, 1.0, 1e6]),
    seed=st.integers(0, 99),
)
def test_orthogonal_keeps_directions_and_evens_sizes(rows, columns, scale, seed):
    torch.manual_seed(seed)
    least = min(rows, columns)
    left, right = (nn.init.orthogonal_(torch.empty(n, least)) for n in (rows, columns))
    values = torch.linspace(0.05, 1, least) * scale
    found = orthogonal(left @ values.diag() @ right.mT)
    inside = left.mT @ found @ right
    assert torch.allclose(inside, inside.diag().diag(), atol=1e-3)
    assert (inside.diag() > 0.6).all()
    assert (inside.diag() < 1.3).all()
    assert torch.allclose(found, left @ inside @ right.mT, atol=1e-3)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((16, 16, 1, 1), True),
        ((16, 2, 3, 3), True),
        ((3, 64, 3, 3), False),
        ((16, 1, 3, 3), False),
        ((64,), False),
        ((64, 64), False),
    ],
)
def test_which_parameters_are_kernels(shape, expected):
    assert is_kernel(torch.zeros(shape)) is expected


def test_the_rest_is_adams():
    torch.manual_seed(0)
    ours = [nn.Parameter(torch.randn(3, 16, 3, 3)), nn.Parameter(torch.randn(7))]
    theirs = [nn.Parameter(p.detach().clone()) for p in ours]
    muon, adam = Muon(ours, 0.01, (0.5, 0.99)), torch.optim.Adam(theirs, 0.01, (0.5, 0.99))
    for _ in range(4):
        for one, other in zip(ours, theirs, strict=True):
            one.grad = torch.randn_like(one)
            other.grad = one.grad.clone()
        muon.step()
        adam.step()
    for one, other in zip(ours, theirs, strict=True):
        assert torch.allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("shape", [(16, 32, 3, 3), (64, 16, 1, 1)])
def test_a_kernels_step_is_as_large_as_adams(shape):
    """Root mean square of an update: 0.2 times the rate, whatever gradient and shape."""
    torch.manual_seed(0)
    kernel = nn.Parameter(torch.zeros(shape))
    kernel.grad = torch.randn(shape) * 1e-4
    Muon([kernel], 0.01).step()
    assert kernel.detach().square().mean().sqrt() == pytest.approx(0.2 * 0.01, rel=0.25)


def test_layout_in_memory_does_not_matter():
    torch.manual_seed(0)
    plain = nn.Parameter(torch.randn(16, 16, 3, 3))
    last = nn.Parameter(plain.detach().clone(memory_format=torch.channels_last))
    for _ in range(2):
        plain.grad = torch.randn_like(plain)
        last.grad = plain.grad.clone(memory_format=torch.channels_last)
        for kernel in (plain, last):
            Muon([kernel], 0.1).step()
    assert torch.allclose(plain, last, atol=1e-6)
    assert last.is_contiguous(memory_format=torch.channels_last)


def test_nothing_moves_without_a_gradient():
    assert orthogonal(torch.zeros(3, 5)).equal(torch.zeros(3, 5))
    kernel = nn.Parameter(torch.ones(16, 16, 1, 1))
    Muon([kernel], 0.1).step()
    assert kernel.detach().equal(torch.ones(16, 16, 1, 1))


def test_in_bfloat16_kernels_move_as_in_float32() -> None:
    """Three of one shape, of which one is tall, are done together: about the same updates."""
    torch.manual_seed(0)
    shapes = [(16, 32, 3, 3), (64, 16, 1, 1), (16, 32, 3, 3)]
    gradients = [torch.randn(shape) for shape in shapes]
    moved = {}
    for precision in (torch.float32, torch.bfloat16):
        moved[precision] = [nn.Parameter(torch.zeros(shape)) for shape in shapes]
        for kernel, gradient in zip(moved[precision], gradients, strict=True):
            kernel.grad = gradient
        Muon(moved[precision], 0.1, precision=precision).step()
    for plain, low in zip(*moved.values(), strict=True):
        assert low.dtype == torch.float32
        assert torch.cosine_similarity(plain.detach().flatten(), low.detach().flatten(), 0) > 0.995
        assert low.norm().item() == pytest.approx(plain.norm().item(), rel=0.05)


@pytest.mark.parametrize("kind", [Muon, partial(torch.optim.Adam, fused=True)])
def test_a_loaded_state_is_where_the_parameters_are(kind: Callable[..., Any]) -> None:
    """A checkpoint is read on the CPU; its numbers of steps too must move."""
    here = [nn.Parameter(torch.ones(16, 16, 3, 3)), nn.Parameter(torch.ones(5))]
    optimizer = kind(here, lr=0.1)
    for p in here:
        p.grad = torch.ones_like(p)
    optimizer.step()
    other = kind([nn.Parameter(p.detach().to("meta")) for p in here], lr=0.2)
    saved = optimizer.state_dict()
    del saved["param_groups"][0]["lr"]
    load_optimizer(other, saved)
    states = [value for state in other.state.values() for value in state.values()]
    assert len(states) == sum(map(len, optimizer.state.values())) > 2
    assert {value.device.type for value in states} == {"meta"}
    assert other.param_groups[0]["lr"] == 0.2
