"""The weights for another network: exact where the truth is known; balance found again."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgin.errors import UsageError
from deepgin.network import build
from deepgin.perceptual import VGG19, Vgg
from deepgin.training.balance import balancing_scales, estimate_reference, layer_norms, rescale
from deepgin.training.calibration import Calibration, calibrate, total
from deepgin.training.recipe import LossRecipe

LAYERS = ("conv1_1", "conv2_1")


def example(seed: int = 0):
    torch.manual_seed(seed)
    truth, mask = torch.rand(2, 3, 32, 32), (torch.rand(2, 1, 32, 32) > 0.5).float()
    with torch.no_grad():
        return build("deepgin-prefill", 4)(truth, mask), truth, mask


def scaled(network: Vgg, factor: float) -> Vgg:
    """All channels of all layers are multiplied by it."""
    ones = [torch.full((c.out_channels,), factor) for c in network.convolutions.values()]
    return rescale(network, ones)


def test_the_network_itself_keeps_the_papers_weights(tiny_vgg) -> None:
    found = calibrate(tiny_vgg, tiny_vgg, [example()])
    assert (found.perceptual, found.style) == pytest.approx((0.05, 80))
    assert tuple(found.given) == LAYERS and found.samples == 2


def test_a_network_of_larger_features_gets_smaller_weights(tiny_vgg) -> None:
    """Perceptual terms grow as the features, Gram matrices as their square."""
    paper = replace(LossRecipe(), perceptual=0.2, style=9.0)
    found = calibrate(scaled(tiny_vgg, 4.0), tiny_vgg, [example()], paper)
    assert found.perceptual == pytest.approx(0.2 / 4, rel=1e-4)
    assert found.style == pytest.approx(9 / 16, rel=1e-4)


def test_each_term_keeps_its_share(tiny_vgg) -> None:
    torch.manual_seed(3)
    found = calibrate(tiny_vgg, Vgg(VGG19[:3], width=4), [example()])
    wanted = found.shares(0.05, 80)
    assert found.shares(found.perceptual, found.style, "given") == pytest.approx(wanted)
    assert sum(wanted.values()) == pytest.approx(1)


def test_terms_are_means_over_samples(tiny_vgg) -> None:
    one, two = example(1), example(2)
    both = calibrate(tiny_vgg, tiny_vgg, [one, two])
    apart = [calibrate(tiny_vgg, tiny_vgg, [each]) for each in (one, two)]
    assert both.l1 == pytest.approx((apart[0].l1 + apart[1].l1) / 2)
    for term in ("perceptual", "style"):
        mean = sum(total(each.given, term) for each in apart) / 2
        assert total(both.given, term) == pytest.approx(mean)


def test_only_common_layers_count(tiny_vgg) -> None:
    found = calibrate(Vgg(VGG19[:1], width=4), tiny_vgg, [example()])
    assert tuple(found.reference) == tuple(found.given) == ("conv1_1",)


def test_nothing_to_measure(tiny_vgg) -> None:
    with pytest.raises(UsageError, match="no picture"):
        calibrate(tiny_vgg, tiny_vgg, [])
    with pytest.raises(UsageError, match="in common"):
        calibrate(Vgg((), width=4), tiny_vgg, [example()])
    with pytest.raises(UsageError, match="style term is zero"):
        _ = Calibration(LossRecipe()).style


@settings(max_examples=10)
@given(st.integers(0, 10**6))
def test_balance_is_found_again(seed: int) -> None:
    """Whatever scales a balanced network lost, they come back."""
    torch.manual_seed(seed)
    layers = VGG19[:5]
    network = Vgg(layers, width=3).double()

    def balance(of: Vgg) -> Vgg:
        energies = [c.weight.square().sum((2, 3)) for c in of.convolutions.values()]
        return rescale(of, balancing_scales(energies))

    balanced = balance(network)
    scales = [torch.rand(c.out_channels) * 10 + 0.1 for c in network.convolutions.values()]
    again = balance(rescale(balanced, scales))
    assert layer_norms(balanced) == pytest.approx(dict.fromkeys(layers, 1.0))
    for name in layers:
        ours, theirs = again.convolutions[name], balanced.convolutions[name]
        torch.testing.assert_close(ours.weight, theirs.weight, rtol=1e-5, atol=1e-7)
        torch.testing.assert_close(ours.bias, theirs.bias, rtol=1e-5, atol=1e-7)
    kernels = [c.weight.square() for c in balanced.convolutions.values()]
    for incoming, outgoing in pairwise(kernels):
        torch.testing.assert_close(
            incoming.sum((1, 2, 3)), outgoing.sum((0, 2, 3)), rtol=1e-5, atol=0
        )


def test_dead_channels_are_left_alone() -> None:
    energies = [torch.ones(3, 2), torch.ones(2, 3)]
    energies[0][1] = 0
    energies[1][:, 2] = 0
    scales = balancing_scales(energies)
    assert all(scale.isfinite().all() and (scale > 0).all() for scale in scales)
    assert scales[0][1] == scales[0][2] == 1


def test_the_estimate_is_the_same_function_with_the_wanted_means(tiny_vgg) -> None:
    pictures = torch.rand(2, 3, 16, 16)
    means = {"conv1_1": 0.5, "conv2_1": 2.0}
    with torch.no_grad():
        before = tiny_vgg(pictures, LAYERS)
        after = estimate_reference(tiny_vgg, pictures, means)(pictures, LAYERS)
    for name, mean in means.items():
        assert after[name].relu().mean().item() == pytest.approx(mean, rel=1e-4)
        ours, theirs = after[name], before[name]
        scale = (ours * theirs).sum((0, 2, 3), True) / theirs.square().sum((0, 2, 3), True)
        torch.testing.assert_close(ours, scale * theirs, rtol=1e-3, atol=1e-4)


def test_the_published_means_are_documented() -> None:
    from deepgin.training.balance import MEAN_ACTIVATIONS

    page = (Path(__file__).parents[2] / "docs" / "calibration.md").read_text()
    assert all(str(mean) in page for mean in MEAN_ACTIVATIONS.values())
