"""The rows of Table 1: what they hold, take, return and start from."""

import pytest
import torch
from torch import Tensor

from deepgin.errors import UsageError
from deepgin.network import Discriminators, Filled, Generator, build, variant, variants
from deepgin.network.blocks import NonLocal, SpdBlock
from deepgin.network.generator import output_convolutions
from deepgin.network.prefill import pull_push

# Parameters at width 64 (reference, section 3), attentions, and whether a variant has a second stage
# and back projection.
VARIANTS = {
    "std-coarse": (8_167_843, 0, False, False),
    "std": (40_849_990, 0, True, False),
    "std-sa": (41_375_558, 1, True, False),
    "std-sa-skip": (42_850_694, 1, True, False),
    "std-mssa": (42_892_134, 3, True, False),
    "dilated-mssa": (42_892_134, 3, True, False),
    "spd-mssa": (42_892_134, 3, True, False),
    "deepgin": (42_930_186, 3, True, True),
    "deepgin-guided": (42_939_594, 3, True, True),
    "deepgin-prefill": (42_930_186, 3, True, True),
}
HEIGHT, WIDTH = 32, 48


def _network(name: str) -> Generator:
    """Return a network that has left its start: nothing in it is zero or nearly so."""
    network = build(name, 4)
    for parameter in network.parameters():
        parameter.data += 0.02 * torch.randn_like(parameter)
    return network.eval()


def _inputs(name: str, seed: int = 0) -> tuple[Tensor, ...]:
    generator = torch.Generator().manual_seed(seed)
    image = torch.rand(2, 3, HEIGHT, WIDTH, generator=generator)
    mask = (torch.rand(2, 1, HEIGHT, WIDTH, generator=generator) < 0.4).float()
    guidance = torch.rand(2, 3, HEIGHT, WIDTH, generator=generator)
    return (image, mask, guidance) if variant(name).guidance else (image, mask)


def test_parameter_counts() -> None:
    def count(network: torch.nn.Module) -> int:
        return sum(p.numel() for p in network.parameters() if p.requires_grad)

    with torch.device("meta"):
        assert {name: count(Generator(name)) for name in variants()} == {
            name: parts[0] for name, parts in VARIANTS.items()
        }
        assert count(Generator("deepgin", 32)) == 10_741_770
        assert count(Discriminators()) == 3_421_568


def test_the_list_is_the_table() -> None:
    assert variants() == tuple(VARIANTS)
    ours = {name for name in variants() if not variant(name).paper}
    assert ours == {"std-sa-skip", "deepgin-prefill"}


@pytest.mark.parametrize(
    ("make", "part"),
    [
        *((make, "did you mean 'std-mssa'") for make in (variant, build, Generator)),
        (lambda _: variant("zzz"), "std-coarse"),
        *((lambda _, width=width: build("deepgin", width), str(width)) for width in (-2, 0, 1, 31)),
        (lambda _: build("deepgin", 2, initialisation="small"), "small"),
        (lambda _: build("deepgin-guided", 2)(*_inputs("deepgin")), "guidance"),
        (lambda _: build("deepgin", 2)(*_inputs("deepgin-guided")), "guidance"),
    ],
)
def test_refusals(make, part: str) -> None:
    with pytest.raises(UsageError, match=part):
        make("std-msa")


@pytest.mark.parametrize(("height", "width"), [(1, 16), (17, 32), (32, 199), (15, 31)])
def test_sizes_that_do_not_fit_are_refused_with_the_ones_that_do(height: int, width: int) -> None:
    with torch.device("meta"), pytest.raises(UsageError) as error:
        Generator("std-coarse", 2)(
            torch.empty(1, 3, height, width), torch.empty(1, 1, height, width)
        )
    assert f"{width + -width % 16} x {height + -height % 16} " in str(error.value)


@pytest.mark.parametrize("name", VARIANTS)
def test_forward(name: str) -> None:
    _, attentions, refinement, back_projection = VARIANTS[name]
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


@pytest.mark.parametrize("name", VARIANTS)
def test_what_stands_under_the_mask_is_never_seen_and_all_else_is(name: str) -> None:
    network, inputs = _network(name), _inputs(name)
    image, mask, *rest = inputs
    other = torch.where(mask == 1, 1 - 100 * image, image)
    with torch.no_grad():
        first, second = network(*inputs), network(other, mask, *rest)
        for field in Filled.__dataclass_fields__:
            one, two = getattr(first, field), getattr(second, field)
            assert one is two is None or torch.equal(one, two), field
        for i, each in enumerate(inputs):
            changed = [*inputs[:i], 1 - each, *inputs[i + 1 :]]
            assert not torch.equal(network(*changed).reconstructed, first.reconstructed)


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
