"""What the tests of losses share: reproducible draws, and a tiny VGG with all five layers."""

import pytest
import torch

from deepgin.network import Filled
from deepgin.perceptual import VGG19, Vgg


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def tiny_vgg(layers: tuple[str, ...] = VGG19) -> Vgg:
    """A network that tests losses; with random weights it measures nothing."""
    torch.manual_seed(1)
    return Vgg(layers, width=4)


@pytest.fixture
def network() -> Vgg:
    return tiny_vgg()


@pytest.fixture
def cut_network() -> Vgg:
    return tiny_vgg(VGG19[:5])


def filled(reconstructed: torch.Tensor, truth: torch.Tensor, mask: torch.Tensor) -> Filled:
    """The generator's result whose picture is `reconstructed`."""
    completed = reconstructed * mask + truth * (1 - mask)
    return Filled(completed, reconstructed, reconstructed, None, None)


@pytest.fixture
def make_filled():
    return filled
