"""Tiny networks in float64, with biases and attention that do something."""

from collections.abc import Iterator

import pytest
import torch
from torch import nn

from deepgin.network import Discriminators, Generator, build
from deepgin.network.blocks import Conv, NonLocal
from deepgin.perceptual import VGG19, Vgg
from deepgin.training.data import Batch
from deepgin.training.objective import Objective
from deepgin.training.recipe import LossRecipe

CPU, DOUBLE = torch.device("cpu"), torch.float64


@pytest.fixture(autouse=True)
def seeded() -> Iterator[None]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def network_of(variant: str = "deepgin-prefill", width: int = 8) -> Generator:
    network = build(variant, width).double()
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, Conv) and module.bias is not None:
                module.bias.normal_(0, 0.05)
            elif isinstance(module, NonLocal):
                module.last.weight.normal_(0, 0.05)
    return network


def batch_of(pictures: int = 2, size: int = 32, guided: bool = False) -> Batch:
    def picture() -> torch.Tensor:
        return torch.randint(0, 256, (pictures, 3, size, size), dtype=torch.uint8)

    masks = torch.rand(pictures, 3, size // 8, size // 8).repeat_interleave(8, 2) > 0.5
    masks = masks.repeat_interleave(8, 3)
    return Batch(picture(), masks, picture() if guided else None, {}, {})


def samples_of(batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """Image and mask of each sample, as the plain step makes them."""
    image = (batch.pictures.double() / 255).repeat_interleave(3, 0)
    return image, batch.masks.flatten(0, 1).unsqueeze(1).double()


@pytest.fixture(scope="session")
def vgg() -> Vgg:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Vgg(VGG19[:3], width=4, own_input=True).double()


def objective_of(
    vgg: Vgg | None = None, device: torch.device = CPU, **weights: float | str
) -> Objective:
    chosen = {"perceptual": 0.0, "style": 0.0} if vgg is None else {}
    recipe = LossRecipe(**(chosen | weights))  # type: ignore[arg-type]
    return Objective(recipe, device, torch.float32, vgg is not None, vgg)


def judges_of(width: int = 4) -> Discriminators:
    return Discriminators(width).double()


def gradients(loss: torch.Tensor, network: nn.Module) -> dict[str, torch.Tensor]:
    names = [name for name, _ in network.named_parameters()]
    return dict(zip(names, torch.autograd.grad(loss, list(network.parameters())), strict=True))


def assert_close(ours: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor]) -> None:
    """Equal to 1e-12 of the whole; single ones may be zero but for rounding."""
    assert ours.keys() == theirs.keys()
    scale = torch.cat([x.flatten() for x in theirs.values()]).norm().item()
    assert scale > 0
    for name, value in theirs.items():
        torch.testing.assert_close(ours[name], value, rtol=1e-12, atol=1e-12 * scale, msg=name)
