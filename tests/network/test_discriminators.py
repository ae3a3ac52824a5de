"""The discriminators' spectral normalisation. What they compute: test_golden.py."""

from copy import deepcopy

import torch
from torch import Tensor
from torch.nn.utils.parametrizations import spectral_norm

from deepgin.network import Discriminators
from deepgin.network.discriminator import SpectralConv


def _layers(network: torch.nn.Module) -> list[SpectralConv]:
    return [m for m in network.modules() if isinstance(m, SpectralConv)]


def _buffers(network: torch.nn.Module) -> list[Tensor]:
    return [b.clone() for b in network.buffers()]


def _pictures(size: int = 24) -> tuple[Tensor, Tensor]:
    return torch.rand(2, 3, size, size), torch.randn(2, 3, size, size)


def test_only_training_turns_u_and_v() -> None:
    network = Discriminators(2)
    inputs = _pictures()
    before = _buffers(network)
    assert len(before) == 16
    network.eval()
    first = network(*inputs)
    second = network(*inputs)
    assert all(torch.equal(a, b) for a, b in zip(before, _buffers(network), strict=True))
    for one, two in zip(first, second, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
    network.train()(*inputs)
    assert not any(torch.equal(a, b) for a, b in zip(before, _buffers(network), strict=True))


def test_one_power_iteration_a_forward() -> None:
    layer = SpectralConv(6, 4, 2)
    matrix = layer.weight.detach().flatten(1)
    v = matrix.T @ layer.u
    v /= v.norm()
    u = matrix @ v
    u /= u.norm()
    layer(torch.rand(1, 6, 8, 8))
    torch.testing.assert_close(layer.v, v)
    torch.testing.assert_close(layer.u, u)


def _score(network: Discriminators, masked: Tensor, picture: Tensor) -> Tensor:
    return sum(maps[-1].square().mean() for maps in network(masked, picture))


def test_two_forwards_then_one_backward() -> None:
    """The second forward turns u and v in place: the first one's gradient must not notice."""
    network = Discriminators(2)
    alone = deepcopy(network)
    fake, real = _pictures(), _pictures()
    first = _score(network, *fake)
    _score(network, *real)
    first.backward()
    _score(alone, *fake).backward()
    for (name, p), q in zip(network.named_parameters(), alone.parameters(), strict=True):
        assert torch.equal(p.grad, q.grad), name
    (_score(network, *fake) + _score(network, *real)).backward()  # both at once works too


def test_the_normalisation_is_float32_under_bf16_autocast() -> None:
    network = Discriminators(4)
    exact = deepcopy(network)
    inputs = _pictures()
    with torch.no_grad():
        weights = [layer.normalised_weight() for layer in _layers(exact)]
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        rough = [layer.normalised_weight() for layer in _layers(network)]
        score = network.eval()(*inputs)[0][-1]
    assert score.dtype == torch.bfloat16  # the convolutions themselves are not
    for one, two in zip(weights, rough, strict=True):
        assert two.dtype == torch.float32
        assert torch.equal(one, two)
    for one, two in zip(_buffers(exact), _buffers(network), strict=True):
        assert two.dtype == torch.float32
        assert torch.equal(one, two)


def test_training_under_bf16_autocast_gives_float32_gradients() -> None:
    network = Discriminators(4)
    with torch.autocast("cpu", torch.bfloat16):
        loss = _score(network, *_pictures())
    loss.backward()
    assert all(p.grad.dtype == torch.float32 for p in network.parameters())
    assert all(p.grad.isfinite().all() and p.grad.any() for p in network.parameters())


def test_sigma_is_differentiated_as_pytorch_does() -> None:
    ours = SpectralConv(6, 4, 2).double().eval()
    plain = torch.nn.Conv2d(6, 4, 4, stride=2, padding=2).double()
    plain.load_state_dict({"weight": ours.weight, "bias": ours.bias})
    theirs = spectral_norm(plain).eval()
    parametrised = theirs.parametrizations.weight[0]
    parametrised._u.copy_(ours.u)
    parametrised._v.copy_(ours.v)
    x = torch.randn(2, 6, 12, 12, dtype=torch.float64)
    results = []
    for layer in (ours, theirs):
        out = layer(x)
        out.square().sum().backward()
        results.append(out)
    torch.testing.assert_close(*results, rtol=1e-12, atol=1e-12)
    expected = theirs.parametrizations.weight.original.grad
    torch.testing.assert_close(ours.weight.grad, expected, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(ours.bias.grad, theirs.bias.grad, rtol=1e-10, atol=1e-10)


def test_u_and_v_are_saved_but_not_trained() -> None:
    layer = SpectralConv(6, 4, 2)
    assert set(layer.state_dict()) == {"weight", "bias", "u", "v"}
    assert {name for name, _ in layer.named_parameters()} == {"weight", "bias"}
