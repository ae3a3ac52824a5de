"""The fast generator is the network's function, for every variant."""

import copy

import pytest
import torch
from torch import nn

from deepgin.losses import reconstruction
from deepgin.network import build, variants
from deepgin.training.fast.generator import FastGenerator, supports
from deepgin.training.fast.ops import TorchOperations, operations

from .conftest import CPU, assert_close, batch_of, gradients, network_of, samples_of


@pytest.mark.parametrize("variant", variants())
def test_outputs_and_gradients_are_the_networks(variant: str) -> None:
    network = network_of(variant)
    assert supports(network)
    guided = bool(network.variant.guidance)
    image, mask = samples_of(batch_of(1, guided=guided))
    guidance = (image.flip(0),) if guided else ()
    plain = network(image, mask, *guidance)
    leaves = {n: p.detach().clone().requires_grad_() for n, p in network.named_parameters()}
    fast = FastGenerator(network, leaves, TorchOperations())(image, mask, *guidance)
    for name, picture in vars(plain).items():
        torch.testing.assert_close(getattr(fast, name), picture, rtol=1e-12, atol=1e-12)
    loss = reconstruction(fast, image, mask)
    ours = dict(zip(leaves, torch.autograd.grad(loss, list(leaves.values())), strict=True))
    assert_close(ours, gradients(reconstruction(plain, image, mask), network))


def test_kernels_in_bfloat16_give_pictures_in_float32() -> None:
    network = build(width=16)
    low = {n: p.detach().bfloat16() if p.ndim == 4 else p for n, p in network.named_parameters()}
    image, mask = (x.float() for x in samples_of(batch_of(1)))
    with torch.no_grad():
        plain, fast = (
            network(image, mask),
            FastGenerator(network, low, TorchOperations())(image, mask),
        )
    assert fast.completed.dtype == torch.float32
    assert (fast.completed - plain.completed).abs().max() < 0.02


def test_what_is_not_as_built_is_not_supported() -> None:
    network = build(width=4)
    assert not supports(nn.Sequential(network))
    other = copy.deepcopy(network)
    other.stage1.middle[0] = nn.Identity()
    assert not supports(other)


def test_without_cuda_it_runs_on_torchs_operations() -> None:
    assert isinstance(operations(CPU), TorchOperations)
