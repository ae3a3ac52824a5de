"""The rows of Table 1: what they hold, take, return and start from."""

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor

from deepgin.errors import UsageError
from deepgin.network import Discriminators, Filled, Generator, build, variant, variants
from deepgin.network.blocks import NonLocal, SpdBlock
from deepgin.network.generator import output_convolutions
from deepgin.network.prefill import pull_push

# Reference, section 3, at width 64.
PARAMETERS = {
    "std-coarse": 8_167_843,
    "std": 40_849_990,
    "std-sa": 41_375_558,
    "std-sa-skip": 42_850_694,
    "std-mssa": 42_892_134,
    "dilated-mssa": 42_892_134,
    "spd-mssa": 42_892_134,
    "deepgin": 42_930_186,
    "deepgin-guided": 42_939_594,
    "deepgin-prefill": 42_930_186,
}
# Attentions in the network, and whether it has a second stage and back projection.
PARTS = {
    "std-coarse": (0, False, False),
    "std": (0, True, False),
    "std-sa": (1, True, False),
    "std-sa-skip": (1, True, False),
    "std-mssa": (3, True, False),
    "dilated-mssa": (3, True, False),
    "spd-mssa": (3, True, False),
    "deepgin": (3, True, True),
    "deepgin-guided": (3, True, True),
    "deepgin-prefill": (3, True, True),
}
HEIGHT, WIDTH = 32, 48


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def _parameters(network: torch.nn.Module) -> int:
    return sum(p.numel() for p in network.parameters() if p.requires_grad)


def _network(name: str, **kwargs) -> Generator:
    """Return a network that has left its start: nothing in it is zero or nearly so."""
    torch.manual_seed(0)
    network = build(name, 4, **kwargs)
    for parameter in network.parameters():
        parameter.data += 0.02 * torch.randn_like(parameter)
    return network.eval()


def _inputs(name: str, seed: int = 0) -> tuple[Tensor, ...]:
    generator = torch.Generator().manual_seed(seed)
    image = torch.rand(2, 3, HEIGHT, WIDTH, generator=generator)
    mask = (torch.rand(2, 1, HEIGHT, WIDTH, generator=generator) < 0.4).float()
    guidance = torch.rand(2, 3, HEIGHT, WIDTH, generator=generator)
    return (image, mask, guidance) if variant(name).guidance else (image, mask)


@pytest.mark.parametrize(("name", "count"), PARAMETERS.items())
def test_parameter_counts(name: str, count: int) -> None:
    with torch.device("meta"):
        assert _parameters(Generator(name)) == count


def test_parameter_counts_of_the_compact_network_and_the_discriminators() -> None:
    with torch.device("meta"):
        assert _parameters(Generator("deepgin", 32)) == 10_741_770
        assert _parameters(Discriminators()) == 3_421_568


def test_the_list_is_the_table() -> None:
    assert variants() == tuple(PARAMETERS)
    ours = {name for name in variants() if not variant(name).paper}
    assert ours == {"std-sa-skip", "deepgin-prefill"}


@pytest.mark.parametrize("make", [variant, build, Generator])
def test_an_unknown_name_is_refused_with_the_nearest_and_all_others(make) -> None:
    with pytest.raises(UsageError) as error:
        make("std-msa")
    message = str(error.value)
    assert "did you mean 'std-mssa'?" in message
    assert ", ".join(variants()) in message


def test_a_name_like_none_is_refused_without_a_guess() -> None:
    with pytest.raises(UsageError, match="no variant 'zzz': choose one of std-coarse"):
        variant("zzz")


@pytest.mark.parametrize("name", PARTS)
def test_forward(name: str) -> None:
    attentions, refinement, back_projection = PARTS[name]
    network, (image, mask, *rest) = _network(name), _inputs(name)
    with torch.no_grad():
        filled = network(image, mask, *rest)
    assert sum(isinstance(m, NonLocal) for m in network.modules()) == attentions
    assert (network.stage2 is not None) == refinement
    for picture in (filled.completed, filled.reconstructed, filled.coarse):
        assert picture.shape == image.shape
        assert picture.isfinite().all()
    assert (filled.reconstructed is filled.coarse) != refinement
    if back_projection:
        assert filled.low_resolution.shape == (2, 3, HEIGHT // 4, WIDTH // 4)
        assert filled.alpha.shape == mask.shape
        assert filled.alpha.min() > 0
        assert filled.alpha.max() < 1
    else:
        assert filled.low_resolution is None
        assert filled.alpha is None
    hole = mask.expand_as(image) == 1
    assert torch.equal(filled.completed[~hole], image[~hole])
    assert torch.equal(filled.completed[hole], filled.reconstructed[hole])
    assert not torch.equal(filled.reconstructed[~hole], image[~hole])


@pytest.mark.parametrize("name", PARTS)
def test_what_stands_under_the_mask_is_never_seen(name: str) -> None:
    network, (image, mask, *rest) = _network(name), _inputs(name)
    other = torch.where(mask == 1, 1 - 100 * image, image)
    with torch.no_grad():
        first, second = network(image, mask, *rest), network(other, mask, *rest)
    for field in Filled.__dataclass_fields__:
        one, two = getattr(first, field), getattr(second, field)
        assert one is two is None or torch.equal(one, two), field


@pytest.mark.parametrize("name", PARTS)
def test_known_pixels_and_guidance_are_seen(name: str) -> None:
    """The counterpart: were the input ignored, the test above would hold too."""
    network, inputs = _network(name), _inputs(name)
    with torch.no_grad():
        first = network(*inputs)
        for i, given_input in enumerate(inputs):
            changed = [*inputs]
            changed[i] = 1 - given_input
            assert not torch.equal(network(*changed).reconstructed, first.reconstructed)


@pytest.mark.parametrize("name", ["deepgin", "deepgin-guided", "deepgin-prefill"])
@pytest.mark.parametrize("setting", [torch.no_grad, torch.inference_mode])
def test_inference_needs_no_autograd(name: str, setting) -> None:
    network, inputs = _network(name), _inputs(name)
    with setting():
        filled = network(*inputs)
    tracked = network(*inputs)
    frozen = network.requires_grad_(False)(*inputs)
    assert tracked.completed.requires_grad
    for result in (filled, frozen):
        assert not result.completed.requires_grad
        torch.testing.assert_close(result.completed, tracked.completed, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["std-coarse", "deepgin", "deepgin-prefill"])
def test_outputs_have_the_inputs_precision_under_autocast(name: str) -> None:
    network, inputs = _network(name), _inputs(name)
    with torch.no_grad():
        exact = network(*inputs)
        with torch.autocast("cpu", torch.bfloat16):
            rough = network(*inputs)
    for field in Filled.__dataclass_fields__:
        one, two = getattr(exact, field), getattr(rough, field)
        if one is not None:
            assert two.dtype == torch.float32, field
            torch.testing.assert_close(two, one, rtol=0, atol=0.1)
    hole = inputs[1].expand_as(inputs[0]) == 1
    assert torch.equal(rough.completed[~hole], inputs[0][~hole])
    assert not torch.equal(rough.completed, exact.completed)  # bf16 did run


@settings(max_examples=25, deadline=None)
@given(height=st.integers(1, 200), width=st.integers(1, 200))
def test_sizes_that_do_not_fit_are_refused_with_the_ones_that_do(height: int, width: int) -> None:
    up = [side + -side % 16 for side in (height, width)]
    assume(up != [height, width])
    with torch.device("meta"):
        network = Generator("std-coarse", 2)
        with pytest.raises(UsageError) as error:
            network(torch.empty(1, 3, height, width), torch.empty(1, 1, height, width))
    assert f"{width} x {height} pixels" in str(error.value)
    assert f"pad it to {up[1]} x {up[0]} " in str(error.value)


@pytest.mark.parametrize("size", [(16, 16), (16, 80), (48, 16)])
@pytest.mark.parametrize("name", ["std-coarse", "deepgin", "deepgin-prefill"])
def test_the_smallest_and_lopsided_sizes_work(name: str, size: tuple[int, int]) -> None:
    network = _network(name)
    with torch.no_grad():
        filled = network(torch.rand(1, 3, *size), torch.ones(1, 1, *size))
    assert filled.completed.shape == (1, 3, *size)
    assert filled.completed.isfinite().all()


@pytest.mark.parametrize("width", [-2, 0, 1, 3, 31])
def test_widths_that_do_not_work_are_refused(width: int) -> None:
    with pytest.raises(UsageError, match=f"width {width} does not work: it must be even"):
        build("deepgin", width)


def test_guidance_is_refused_where_missing_or_not_wanted() -> None:
    image, mask, guidance = _inputs("deepgin-guided")
    with pytest.raises(UsageError, match="variant 'deepgin-guided' needs guidance"):
        build("deepgin-guided", 2)(image, mask)
    with pytest.raises(UsageError, match="variant 'deepgin' takes no guidance"):
        build("deepgin", 2)(image, mask, guidance)


def test_output_convolutions_are_those_that_make_pictures() -> None:
    for name, (_, refinement, back_projection) in PARTS.items():
        network = build(name, 2)
        outputs = output_convolutions(network)
        assert len(outputs) == 1 + refinement + back_projection
        assert {conv.out_channels for conv in outputs} == {3}


def test_a_built_network_is_channels_last_and_trains() -> None:
    network = build("deepgin", 4)
    assert network.training
    kernels = [p for p in network.parameters() if p.ndim == 4]
    assert all(p.is_contiguous(memory_format=torch.channels_last) for p in kernels)
    for module in network.modules():
        if isinstance(module, SpdBlock):
            for branch in module.branches:
                branch.fill_bias(2)  # so that no ReLU is dead in so narrow a network
    image, mask = _inputs("deepgin")
    filled = network(image, mask)
    loss = sum(
        x.square().mean()
        for x in (filled.completed, filled.reconstructed, filled.coarse, filled.low_resolution)
    )
    loss.backward()
    parameters = dict(network.named_parameters())
    without = {name for name, p in parameters.items() if p.grad is None or not p.grad.any()}
    # While an attention's last convolution is zero, nothing reaches what is before it.
    behind = {
        f"{name}.{layer}.{leaf}"
        for name, m in network.named_modules()
        if isinstance(m, NonLocal)
        for layer in ("theta", "phi", "g")
        for leaf in ("weight", "bias")
    }
    assert without == behind


def test_prefill_begins_at_the_pull_push_picture() -> None:
    network = build("deepgin-prefill", 4)
    for conv in output_convolutions(network):
        conv.weight.data.zero_()
    image, mask = _inputs("deepgin-prefill")
    expected = pull_push(image, mask)
    with torch.no_grad():
        filled = network(image, mask)
    for picture in (filled.coarse, filled.reconstructed, filled.completed):
        assert torch.equal(picture, expected)
