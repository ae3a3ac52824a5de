"""The layers: padding, resizing, receptive fields. What they compute: test_golden.py."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from deepgin.network import build
from deepgin.network.blocks import Conv, NonLocal, UpConv, pad_by_slices, replicate_pad, resize

LAYOUTS = [torch.contiguous_format, torch.channels_last]


def _random(shape: tuple[int, ...], seed: int = 0, **kwargs) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), **kwargs)


@settings(max_examples=40)
@given(
    shape=st.tuples(*[st.integers(1, most) for most in (2, 3, 9, 9)]),
    pad=st.integers(1, 12),
    seed=st.integers(0, 99),
    layout=st.sampled_from(LAYOUTS),
)
def test_padding_and_its_gradient_are_the_built_ins(shape, pad, seed, layout) -> None:
    start = _random(shape, seed, dtype=torch.float64).to(memory_format=layout)
    for form in (replicate_pad, pad_by_slices):
        ours, theirs = (start.clone().requires_grad_() for _ in range(2))
        padded, expected = form(ours, pad), F.pad(theirs, (pad,) * 4, mode="replicate")
        assert torch.equal(padded, expected)
        assert torch.equal(form(start, pad), expected)  # without a gradient: another path
        # A gradient in the layout of the output, and one in the other layout.
        for other in LAYOUTS:
            grad = _random(tuple(expected.shape), seed + 1, dtype=torch.float64)
            grad = grad.to(memory_format=other)
            (own,) = torch.autograd.grad(padded, ours, grad, retain_graph=True)
            (right,) = torch.autograd.grad(expected, theirs, grad, retain_graph=True)
            torch.testing.assert_close(own, right, rtol=0, atol=1e-12)


def test_other_devices_pad_by_slices() -> None:
    x = torch.empty(2, 3, 8, 8, device="meta").to(memory_format=torch.channels_last)
    padded = replicate_pad(x, 2)
    assert padded.shape == (2, 3, 12, 12)
    assert padded.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(("layout", "other"), [LAYOUTS, LAYOUTS[::-1]])
@pytest.mark.parametrize("form", [replicate_pad, pad_by_slices])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_padding_and_its_gradient_keep_the_layout(form, dtype, layout, other) -> None:
    x = _random((2, 3, 5, 7), dtype=dtype).to(memory_format=layout)
    padded = form(x.requires_grad_(), 3)
    # A hook, since what reaches `x.grad` may be laid out as `x` is whatever the backward gave.
    seen = [form(x.detach(), 3), padded.detach()]
    padded.grad_fn.register_hook(lambda grads, _: seen.append(grads[0]))
    padded.backward(torch.ones_like(padded))
    assert len(seen) == 3
    for each in seen:
        assert each.is_contiguous(memory_format=layout)
        assert not each.is_contiguous(memory_format=other)


@pytest.mark.parametrize("needs_grad", [True, False])
def test_padding_and_resizing_stay_bf16_under_autocast(needs_grad: bool) -> None:
    x = _random((1, 4, 8, 8), dtype=torch.bfloat16).requires_grad_(needs_grad)
    with torch.autocast("cpu", torch.bfloat16):
        results = [replicate_pad(x, 1), resize(x, 2), resize(x, 1 / 4)]
        results += [Conv(4, 4, 3)(x), UpConv(4, 4)(x)]
    assert [result.dtype for result in results] == [torch.bfloat16] * 5


def test_resize_aligns_corners() -> None:
    larger = resize(torch.arange(4.0).expand(1, 1, 4, 4), 2)
    torch.testing.assert_close(larger[0, 0], torch.linspace(0, 3, 8).expand(8, 8))
    ramp = torch.arange(8.0).expand(1, 1, 8, 8)
    assert resize(ramp, 1 / 4)[0, 0, 0].tolist() == [0, 7]


def _field(block: nn.Module, channels: int) -> tuple[int, int]:
    """Return how many rows and columns one centre output sees, by its gradient."""
    side = 31
    seen = torch.zeros(side, side, dtype=torch.bool)
    for seed in range(3):
        torch.manual_seed(seed)
        for parameter in block.parameters():
            nn.init.uniform_(parameter, 0.1, 1)  # all positive: no ReLU hides what is seen
        x = torch.rand(1, channels, side, side, dtype=torch.float64, requires_grad=True)
        block.double()(x)[0, :, side // 2, side // 2].sum().backward()
        seen |= x.grad.ne(0).any(1)[0]
    rows, columns = seen.any(1).nonzero(), seen.any(0).nonzero()
    # Symmetric about the centre, so that the extent says all.
    assert rows.min() + rows.max() == columns.min() + columns.max() == side - 1
    return int(rows.max() - rows.min() + 1), int(columns.max() - columns.min() + 1)


@pytest.mark.parametrize(
    ("name", "stage1", "stage2"),
    [("std", 5, 5), ("dilated-mssa", 7, 7), ("spd-mssa", 23, 13), ("deepgin", 23, 13)],
)
def test_receptive_fields_of_the_variants_blocks(name: str, stage1: int, stage2: int) -> None:
    network = build(name, 2)
    assert [_field(block, 8) for block in network.stage1.middle] == [(stage1, stage1)] * 6
    middle = [b for b in network.stage2.middle if not isinstance(b, NonLocal)]
    assert [_field(block, 16) for block in middle] == [(stage2, stage2)] * 6
