"""LPIPS over a network of two layers that can be followed by hand."""

import math

import pytest
import torch
from safetensors.torch import save_file

from deepgin.errors import UsageError, WeightsError
from deepgin.metrics.lpips import VGG_LAYERS, Lpips, load_lpips
from deepgin.perceptual import VGG16, AlexNet


def backbone(x, names):
    """One layer is red and green, the other is blue and its negative at half size."""
    result = {"one": x[:, :2], "two": torch.cat((x[:, 2:], -x[:, 2:]), 1)[..., ::2, ::2]}
    return {name: result[name] for name in names}


@pytest.fixture
def lpips() -> Lpips:
    return Lpips(backbone, ("one", "two"), [torch.tensor([1.0, 2.0]), torch.tensor([5.0, 7.0])])


def pixels(*colours) -> torch.Tensor:
    """A picture of 1 x n pixels."""
    return torch.tensor(colours).T.reshape(1, 3, 1, -1)


def test_by_hand(lpips):
    picture = pixels((3.0, 4.0, 1.0), (1.0, 0.0, 2.0))
    truth = pixels((4.0, 3.0, -1.0), (5.0, 0.0, 2.0))
    # one: lengths 5 and 5: (0.6 - 0.8)^2 + 2 (0.8 - 0.6)^2 in the first pixel, 0 in the second
    # two: after the ReLU (1, 0) and (0, 1): 5 + 7 in the only pixel
    expected = (0.04 + 2 * 0.04) / 2 + 12
    assert lpips(picture, truth).tolist() == [pytest.approx(expected)]


def test_equal_and_black_pictures(lpips):
    picture = torch.rand(2, 3, 4, 4)
    truth = torch.stack(
        [picture[0], torch.zeros(3, 4, 4)]
    )  # the second has features of length zero
    equal, black = lpips(picture, truth).tolist()
    assert equal == 0 and 0 < black < math.inf


def test_autocast_changes_nothing():
    torch.manual_seed(0)
    network = AlexNet(width=4)
    heads = [torch.rand(c.out_channels) for c in network.convolutions.values()]
    lpips = Lpips(network, AlexNet.layers, heads)
    picture, truth = torch.rand(1, 3, 64, 64), torch.rand(1, 3, 64, 64)
    plain = lpips(picture, truth)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(lpips(picture, truth), plain)
    exact = lpips.double()(picture.double(), truth.double())
    torch.testing.assert_close(plain.double(), exact, rtol=1e-4, atol=0)


def test_what_cannot_be_compared_is_refused(lpips):
    with pytest.raises(UsageError):
        lpips(torch.rand(1, 3, 4, 4), torch.rand(1, 3, 4, 6))
    with pytest.raises(UsageError):
        Lpips(backbone, ("one", "two"), [torch.ones(2)])


def test_never_without_public_weights(tmp_path):
    heads = tmp_path / "heads.safetensors"
    channels = (64, 192, 384, 256, 256)
    save_file(
        {f"alex.lin{i}.model.1.weight": torch.ones(1, c, 1, 1) for i, c in enumerate(channels)},
        heads,
    )
    with pytest.raises(WeightsError):
        load_lpips(heads, weights=tmp_path / "alexnet.pth")
    with pytest.raises(WeightsError):
        load_lpips(tmp_path / "none.safetensors")
    with pytest.raises(WeightsError, match="vgg.lin0"):
        load_lpips(heads, "vgg16")
    with pytest.raises(UsageError, match="alexnet"):
        load_lpips(heads, "squeezenet")
    assert set(VGG_LAYERS) <= set(VGG16)
