"""Fresh weights: how they are drawn, and that a seed decides them."""

import pytest
import torch

from deepgin.network import Generator, build, variant
from deepgin.network.blocks import Conv, NonLocal, ResidualBlock, SpdBlock
from deepgin.network.generator import output_convolutions


def _fan_in_deviation(conv: Conv) -> float:
    return (2 / conv.weight[0].numel()) ** 0.5  # Kaiming, for a ReLU


def _kinds(network: Generator) -> dict[Conv, str]:
    kinds = dict.fromkeys((m for m in network.modules() if isinstance(m, Conv)), "other")
    for module in network.modules():
        if isinstance(module, ResidualBlock | SpdBlock):
            kinds[module.last] = "residual"
        elif isinstance(module, NonLocal):
            kinds[module.last] = "attention"
    kinds |= dict.fromkeys(output_convolutions(network), "output")
    return kinds


@pytest.mark.parametrize("name", ["deepgin", "deepgin-prefill", "dilated-mssa", "std-coarse"])
@pytest.mark.parametrize("initialisation", ["full", "released"])
def test_initialisation(name: str, initialisation: str) -> None:
    network = build(name, 8, initialisation=initialisation)
    full = initialisation == "full"
    grey = 0.45 if full and not variant(name).prefill else 0
    scale = {"residual": 0.1, "output": 0.1, "attention": 0, "other": 1} if full else {}
    kinds = _kinds(network)
    for conv, kind in kinds.items():
        assert torch.equal(conv.bias, torch.full_like(conv.bias, grey if kind == "output" else 0))
        ratio = conv.weight.std().item() / _fan_in_deviation(conv)
        # Four standard errors of a deviation estimated from so many draws.
        expected, slack = scale.get(kind, 0.1), 4 / (2 * conv.weight.numel()) ** 0.5
        assert abs(ratio - expected) <= expected * slack, (kind, conv)
    parts = {"output", "other", "residual"} | ({"attention"} if name != "std-coarse" else set())
    assert set(kinds.values()) == parts


def test_the_same_seed_gives_the_same_weights() -> None:
    states = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        states.append(build("deepgin", 4).state_dict())
    first, same, other = states
    assert all(torch.equal(first[key], same[key]) for key in first)
    assert not torch.equal(first["stage1.encoder.0.weight"], other["stage1.encoder.0.weight"])
