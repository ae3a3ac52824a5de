"""Flat parameters move as the plain optimizers move them, and states go between the two."""

import pytest
import torch
from torch import Tensor, nn

from deepgin.training.fast.flat import FlatParameters
from deepgin.training.optimisers import Muon

from .conftest import DOUBLE, network_of

RATE, BETAS = 0.01, (0.5, 0.99)
ONE = torch.ones((), dtype=DOUBLE)


class Pair:
    """One network twice: flat, and with an optimizer of the plain form."""

    def __init__(self, muon: bool = True) -> None:
        self.plain, self.network = network_of("deepgin", 4), network_of("deepgin", 4)
        self.network.load_state_dict(self.plain.state_dict())
        self.flat = FlatParameters(self.network, DOUBLE, 1, muon=muon, betas=BETAS)
        self.muon = muon
        self.optimizer = self.fresh_optimizer(self.plain)

    def fresh_optimizer(self, network: nn.Module) -> torch.optim.Optimizer:
        kind = Muon if self.muon else torch.optim.Adam
        return kind(network.parameters(), RATE, BETAS)

    def step(self, both: bool = True, accepted: float = 1.0, rate: float = RATE) -> None:
        gradients = [torch.randn_like(p) for p in self.plain.parameters()]
        self.flat.gather(gradients)
        self.flat.step(ONE * rate, ONE * accepted)
        if both:
            for p, gradient in zip(self.plain.parameters(), gradients, strict=True):
                p.grad = gradient
            self.optimizer.step()

    def check(self) -> None:
        pairs = zip(self.network.parameters(), self.plain.parameters(), strict=True)
        for ours, theirs in pairs:
            torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("muon", [True, False])
def test_steps_are_those_of_the_plain_optimizer(muon: bool) -> None:
    pair = Pair(muon)
    before = [p.detach().clone() for p in pair.plain.parameters()]
    for _ in range(3):
        pair.step()
    pair.check()
    assert not any(map(torch.equal, before, pair.plain.parameters()))


def test_a_refused_step_and_one_without_a_rate_move_nothing() -> None:
    pair = Pair()
    for how in ({"accepted": 0.0}, {"rate": 0.0}):
        before = [tensor.clone() for tensor in pair.flat.changing]
        pair.step(both=False, **how)
        assert all(map(torch.equal, before, pair.flat.changing))
        pair.step()
    pair.check()


@pytest.mark.parametrize("muon", [True, False])
def test_states_go_both_ways(muon: bool) -> None:
    pair = Pair(muon)
    for _ in range(2):
        pair.step()
    # To the plain form ...
    optimizer = pair.fresh_optimizer(pair.plain)
    options = [{k: v for k, v in g.items() if k != "params"} for g in optimizer.param_groups]
    optimizer.load_state_dict(pair.flat.optimizer_state(RATE))
    for group, own in zip(optimizer.param_groups, options, strict=True):
        group.update(own)
    pair.optimizer = optimizer
    pair.step()
    pair.check()
    # ... and back.
    pair.flat.load_optimizer_state(pair.optimizer.state_dict())
    pair.step()
    pair.check()


def test_a_fresh_state_goes_both_ways() -> None:
    pair = Pair()
    pair.optimizer.load_state_dict(pair.flat.optimizer_state())
    pair.step()
    pair.flat.load_optimizer_state(pair.fresh_optimizer(pair.plain).state_dict())
    assert all(not moments.any() for moments in pair.flat.changing[1:4])


def test_the_network_and_its_averages_are_views() -> None:
    network = network_of("deepgin", 4)
    state = {name: value.clone() for name, value in network.state_dict().items()}
    flat = FlatParameters(network, DOUBLE, 2)
    weights = flat.weights(flat.averages[0])
    for name, value in state.items():
        assert network.state_dict()[name].equal(value)
        assert weights[name].equal(value)
    with torch.no_grad():
        flat.values.mul_(2)
        flat.fill(flat.averages[1], network.state_dict())
    for name, value in state.items():
        assert network.state_dict()[name].equal(2 * value)
        assert flat.weights(flat.averages[1])[name].equal(2 * value)
    flat.restart()
    assert flat.averages[0].equal(flat.values)


def test_leaves_hold_kernels_alone_in_lower_precision() -> None:
    network = network_of("deepgin", 4).float()
    flat = FlatParameters(network, torch.bfloat16)
    flat.lower()
    for name, p in network.named_parameters():
        leaf: Tensor = flat.leaves[name]
        assert leaf.is_leaf
        assert leaf.requires_grad
        assert leaf.equal(p.bfloat16() if p.ndim == 4 else p)
        assert leaf.dtype == (torch.bfloat16 if p.ndim == 4 else torch.float32)
