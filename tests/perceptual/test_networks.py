"""VGG and AlexNet against the same layers written as one sequence."""

import pytest
import torch
from torch import nn

from deepgin.errors import UsageError
from deepgin.perceptual import VGG16, VGG19, AlexNet, Vgg

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
DEVIATION = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)


def sequence(network: Vgg, halve_before: set[str], pool: nn.Module) -> dict[str, nn.Sequential]:
    """Each layer's way from the prepared picture, as torchvision joins it."""
    steps: list[nn.Module] = []
    ways = {}
    for name, convolution in network.convolutions.items():
        if name in halve_before:
            steps.append(pool)
        steps.append(convolution)
        ways[name] = nn.Sequential(*steps)
        steps.append(nn.ReLU())
    return ways


BLOCKS = {f"conv{b}_1" for b in (2, 3, 4, 5)}


@pytest.mark.parametrize(
    ("network", "halve_before", "pool"),
    [
        (Vgg(VGG16, width=4), BLOCKS, nn.MaxPool2d(2)),
        (Vgg(VGG19, width=4), BLOCKS, nn.MaxPool2d(2)),
        (AlexNet(width=4), {"conv2", "conv3"}, nn.MaxPool2d(3, 2)),
    ],
    ids=["vgg16", "vgg19", "alexnet"],
)
def test_networks_are_the_sequence(network, halve_before, pool) -> None:
    x = torch.rand(2, 3, 70, 64)
    ways, every = sequence(network, halve_before, pool), network(x, network.layers)
    assert tuple(every) == network.layers
    assert not network.training and not any(p.requires_grad for p in network.parameters())
    for name, features in every.items():
        torch.testing.assert_close(features, ways[name]((x - MEAN) / DEVIATION))
        assert torch.equal(network(x, [name])[name], features)
    assert features.min() < 0  # before the ReLU


def test_published_sizes() -> None:
    with torch.device("meta"):
        networks = Vgg(VGG19), Vgg(VGG16), AlexNet()
    # torchvision's counts of the parts called `features`
    counts = [sum(p.numel() for p in network.parameters()) for network in networks]
    assert counts == [20_024_384, 14_714_688, 2_469_696]


def test_nothing_after_the_last_layer_is_computed() -> None:
    network = Vgg(VGG19, width=4)
    network.convolutions["conv2_2"].forward = None  # type: ignore[assignment]
    assert list(network(torch.rand(1, 3, 8, 8), {"conv1_1", "conv2_1"})) == ["conv1_1", "conv2_1"]
    assert network(torch.rand(1, 3, 8, 8), ()) == {}


def test_the_picture_is_prepared_in_its_own_type_under_autocast() -> None:
    network = Vgg(VGG19[:1], width=4, own_input=True)
    network.input.weight.fill_(255.0)
    seen = []
    network.input.register_forward_hook(lambda module, inputs, output: seen.append(output.dtype))
    with torch.autocast("cpu", torch.bfloat16):
        features = network(torch.rand(1, 3, 8, 8), ["conv1_1"])
    assert seen == [torch.float32]
    assert features["conv1_1"].dtype == torch.bfloat16


def test_layers_that_are_not_there_are_refused() -> None:
    with pytest.raises(UsageError, match="conv3_1, conv4_1"):
        Vgg(VGG19[:4], width=4)(torch.rand(1, 3, 8, 8), ["conv1_1", "conv4_1", "conv3_1"])
    with pytest.raises(UsageError):
        AlexNet(width=4)(torch.rand(1, 3, 64, 64), ["conv6"])
