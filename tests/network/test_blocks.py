"""The layers: padding, resizing, receptive fields, attention."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from deepgin.network import build
from deepgin.network.blocks import (
    SPD4_RATES,
    SPD8_RATES,
    Conv,
    NonLocal,
    ResidualBlock,
    SpdBlock,
    UpConv,
    pad_by_slices,
    replicate_pad,
    resize,
)

LAYOUTS = [torch.contiguous_format, torch.channels_last]
shapes = st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(1, 9), st.integers(1, 9))


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def _random(shape: tuple[int, ...], seed: int, **kwargs) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), **kwargs)


def _built_in(x: Tensor, pad: int) -> Tensor:
    return F.pad(x, (pad,) * 4, mode="replicate")


@settings(max_examples=60, deadline=None)
@given(
    shape=shapes, pad=st.integers(1, 12), seed=st.integers(0, 99), layout=st.sampled_from([0, 1])
)
def test_padding_and_its_gradient_are_the_built_ins(shape, pad, seed, layout) -> None:
    start = _random(shape, seed, dtype=torch.float64).to(memory_format=LAYOUTS[layout])
    for form in (replicate_pad, pad_by_slices):
        ours, theirs = (start.clone().requires_grad_() for _ in range(2))
        padded, expected = form(ours, pad), _built_in(theirs, pad)
        assert torch.equal(padded, expected)
        assert torch.equal(form(start, pad), expected)  # without a gradient: another path
        # A gradient in the layout of the output, and one in the other layout.
        for other in LAYOUTS:
            grad = _random(tuple(expected.shape), seed + 1, dtype=torch.float64)
            grad = grad.to(memory_format=other)
            (found,) = torch.autograd.grad(padded, ours, grad, retain_graph=True)
            (right,) = torch.autograd.grad(expected, theirs, grad, retain_graph=True)
            torch.testing.assert_close(found, right, rtol=0, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    shape=shapes, pad=st.integers(1, 12), seed=st.integers(0, 99), layout=st.sampled_from([0, 1])
)
def test_padding_by_slices_is_the_built_in(shape, pad, seed, layout) -> None:
    """The form for other devices than the CPU."""
    x = _random(shape, seed).to(memory_format=LAYOUTS[layout])
    assert torch.equal(pad_by_slices(x, pad), _built_in(x, pad))


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 2, 1, 3), (1, 2, 4, 3)])
@pytest.mark.parametrize("pad", [1, 3])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_padding_gradcheck(shape, pad, layout) -> None:
    x = _random(shape, 0, dtype=torch.float64).to(memory_format=layout).requires_grad_()
    assert torch.autograd.gradcheck(lambda t: pad_by_slices(t, pad), x)


def test_padding_by_slices_is_what_other_devices_get() -> None:
    x = torch.empty(2, 3, 8, 8, device="meta").to(memory_format=torch.channels_last)
    padded = replicate_pad(x, 2)
    assert padded.shape == (2, 3, 12, 12)
    assert padded.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("pad", [1, 3, 9])
@pytest.mark.parametrize("form", [replicate_pad, pad_by_slices])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_padding_keeps_the_layout(form, pad, dtype) -> None:
    x = _random((2, 3, 5, 7), 0, dtype=dtype)
    for layout, other in (LAYOUTS, reversed(LAYOUTS)):
        padded = form(x.to(memory_format=layout), pad)
        assert padded.is_contiguous(memory_format=layout)
        assert not padded.is_contiguous(memory_format=other)


def test_padding_gradient_keeps_the_layout() -> None:
    for layout, other in (LAYOUTS, reversed(LAYOUTS)):
        x = _random((2, 3, 5, 7), 0).to(memory_format=layout).requires_grad_()
        padded = replicate_pad(x, 3)
        # A hook, since what reaches `x.grad` may be laid out as `x` is whatever the backward gave.
        seen = []
        padded.grad_fn.register_hook(lambda given, _, seen=seen: seen.append(given[0]))
        padded.backward(torch.ones_like(padded))
        assert seen[0].is_contiguous(memory_format=layout)
        assert not seen[0].is_contiguous(memory_format=other)


@pytest.mark.parametrize("needs_grad", [True, False])
def test_padding_and_resizing_stay_bf16_under_autocast(needs_grad: bool) -> None:
    x = _random((1, 4, 8, 8), 0, dtype=torch.bfloat16).requires_grad_(needs_grad)
    with torch.autocast("cpu", torch.bfloat16):
        results = {"pad": replicate_pad(x, 1), "up": resize(x, 2), "down": resize(x, 1 / 4)}
        results["conv"] = Conv(4, 4, 3)(x)
        results["decoder"] = UpConv(4, 4)(x)
    assert {name: result.dtype for name, result in results.items()} == dict.fromkeys(
        results, torch.bfloat16
    )


def test_resize_aligns_corners() -> None:
    x = torch.arange(4.0).expand(1, 1, 4, 4)
    larger = resize(x, 2)
    assert larger.shape == (1, 1, 8, 8)
    torch.testing.assert_close(larger[0, 0, 0], torch.linspace(0, 3, 8))
    ramp = torch.arange(8.0).expand(1, 1, 8, 8)
    assert resize(ramp, 1 / 4)[0, 0, 0].tolist() == [0, 7]


@pytest.mark.parametrize(
    ("kernel", "stride", "rate"), [(7, 1, 1), (4, 2, 1), (3, 1, 1), (3, 1, 10), (1, 1, 1)]
)
def test_convolutions_keep_or_halve_the_size(kernel: int, stride: int, rate: int) -> None:
    conv = Conv(2, 3, kernel, stride=stride, rate=rate)
    assert conv(torch.zeros(1, 2, 12, 16)).shape == (1, 3, 12 // stride, 16 // stride)


def test_convolution_pads_by_replication() -> None:
    """A constant picture stays constant, which it does not under zeros at the border."""
    conv = Conv(1, 1, 7)
    out = conv(torch.ones(1, 1, 8, 8))
    torch.testing.assert_close(out, out.mean().expand_as(out))


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
    ("block", "field"),
    [
        (ResidualBlock(8), 5),
        (ResidualBlock(8, rate=2), 7),
        (SpdBlock(8, SPD4_RATES), 13),
        (SpdBlock(8, SPD8_RATES), 23),
    ],
    ids=["standard", "dilated", "spd4", "spd8"],
)
def test_receptive_field(block: nn.Module, field: int) -> None:
    assert _field(block, 8) == (field, field)


@pytest.mark.parametrize(
    ("name", "stage1", "stage2"),
    [("std", 5, 5), ("dilated-mssa", 7, 7), ("spd-mssa", 23, 13), ("deepgin", 23, 13)],
)
def test_variants_are_made_of_the_blocks_they_name(name: str, stage1: int, stage2: int) -> None:
    network = build(name, 2)
    assert [_field(block, 8) for block in network.stage1.middle] == [(stage1, stage1)] * 6
    middle = [b for b in network.stage2.middle if not isinstance(b, NonLocal)]
    assert [_field(block, 16) for block in middle] == [(stage2, stage2)] * 6


@pytest.mark.parametrize("rates", [SPD4_RATES, SPD8_RATES])
def test_spd_block_is_its_definition(rates: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    block = SpdBlock(8, rates).double()
    x = torch.randn(2, 8, 9, 11, dtype=torch.float64)
    branches = [
        F.relu(F.conv2d(_built_in(x, rate), branch.weight, branch.bias, dilation=rate))
        for rate, branch in zip(rates, block.branches, strict=True)
    ]
    joined = _built_in(torch.cat(branches, 1), 1)
    expected = x + F.conv2d(joined, block.last.weight, block.last.bias)
    torch.testing.assert_close(block(x), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_attention_is_a_plain_unscaled_softmax(layout: torch.memory_format) -> None:
    torch.manual_seed(0)
    block = NonLocal(8).double()
    x = torch.randn(2, 8, 3, 5, dtype=torch.float64).to(memory_format=layout)

    def project(conv: Conv) -> Tensor:  # N x C/2 x positions
        return (
            torch.einsum("oi,nihw->nohw", conv.weight[..., 0, 0], x).flatten(2)
            + (conv.bias[:, None])
        )

    theta, phi, g = (project(conv) for conv in (block.theta, block.phi, block.g))
    attention = torch.softmax(torch.einsum("ncq,nck->nqk", theta, phi), -1)
    seen = torch.einsum("nqk,nck->ncq", attention, g)
    last = torch.einsum("oc,ncq->noq", block.last.weight[..., 0, 0], seen)
    expected = x + (last + block.last.bias[:, None]).reshape_as(x)
    torch.testing.assert_close(block(x), expected, rtol=0, atol=1e-12)


def test_attention_is_the_identity_after_build() -> None:
    network = build("deepgin", 2)
    attentions = [m for m in network.modules() if isinstance(m, NonLocal)]
    assert len(attentions) == 3
    for block in attentions:
        x = torch.randn(1, block.theta.in_channels, 4, 6)
        assert torch.equal(block(x), x)
