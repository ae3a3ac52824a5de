"""FID's Inception against pytorch-fid's, and loading it. Its true weights are too large for tests.

The numbers of `test_features_of_another_implementation` and the hash of `test_official_layout`
were made once with pytorch-fid's own network over torchvision's blocks, in float64, filled with
the same made-up weights.
"""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from deepgin.errors import WeightsError
from deepgin.perceptual import load_inception
from deepgin.perceptual.inception import Inception


@pytest.fixture(scope="module")
def shapes() -> dict[str, torch.Size]:
    with torch.device("meta"):
        return {name: value.shape for name, value in Inception().state_dict().items()}


def made_up(number: int, name: str, shape: torch.Size) -> Tensor:
    """Weights that keep features in a sound range; RandomState's draws never change."""
    drawn = torch.from_numpy(np.random.RandomState(number).random_sample(shape)).float()
    if name.endswith("conv.weight"):
        return (drawn - 0.5) * (24 / np.prod(shape[1:])) ** 0.5
    if name.endswith(("running_mean", "bn.bias")):
        return (drawn - 0.5) * 0.5
    return drawn + 0.5


def official(shapes: dict[str, torch.Size], classes: int = 1008) -> dict[str, Tensor]:
    """A state dict in the official layout: the i-th tensor is i throughout, in little space."""
    state = {
        name: torch.tensor(float(i)).expand(shape) for i, (name, shape) in enumerate(shapes.items())
    }
    state["Mixed_5b.branch1x1.bn.num_batches_tracked"] = torch.tensor(0)
    state["fc.weight"] = torch.tensor(0.0).expand(classes, 2048)
    state["fc.bias"] = torch.tensor(0.0).expand(classes)
    return state


def saved(state: dict[str, Tensor], path: Path) -> Path:
    torch.save(state, path)
    return path


def test_features_of_another_implementation(shapes) -> None:
    network = Inception()
    assert network(torch.rand(1, 3, 30, 30)).isnan().all()  # no numbers without weights
    state = {name: made_up(i, name, shapes[name]) for i, name in enumerate(sorted(shapes))}
    network.load_state_dict(state)
    ramp = torch.linspace(0, 1, 3 * 40 * 52).reshape(1, 3, 40, 52)
    result = network(torch.cat((ramp, torch.sin(ramp * 40) / 2 + 0.5)))
    assert result.shape == (2, 2048) and result.dtype == torch.float32
    first = torch.tensor([[13.8882, 1.3997, 0.7218, 0.0091], [17.0117, 1.9497, 0.9374, 0.0]])
    torch.testing.assert_close(result[:, :4], first, rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(result.mean(1), torch.tensor([3.03661, 3.81068]), rtol=1e-4, atol=0)
    torch.testing.assert_close(result.std(1), torch.tensor([4.16488, 5.24905]), rtol=1e-4, atol=0)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(network(ramp), result[:1])


def test_official_layout(shapes) -> None:
    # 94 convolutions with a kernel and four numbers a channel each.
    lines = sorted(f"{name} {'x'.join(map(str, shape))}" for name, shape in shapes.items())
    assert len(lines) == 94 * 5
    result = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    assert result == "914a00092be066ae883a4df7d265b65a07aea5bba492400d1301d90eefb94ea8"


def test_the_name_is_downloaded_with_its_checksum(monkeypatch, shapes) -> None:
    asked = []

    def download(url, **options):
        asked.append((url, options["check_hash"], options["weights_only"]))
        return official(shapes)

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", download)
    network = load_inception()
    for i, (name, value) in enumerate(network.state_dict().items()):
        assert (value == i).all(), name
    assert not network.training and not any(p.requires_grad for p in network.parameters())
    url = "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/"
    assert asked == [(url + "pt_inception-2015-12-05-6726825d.pth", True, True)]
    # The digits that torch checks the download by are in this name.
    assert torch.hub.HASH_REGEX.search(asked[0][0].rsplit("/", 1)[-1]).group(1) == "6726825d"


def test_other_files_are_refused(shapes, tmp_path) -> None:
    path = tmp_path / "other.pth"
    with pytest.raises(WeightsError, match=r"other\.pth"):
        load_inception(path)
    lacking = official(shapes)
    del lacking["Mixed_7c.branch3x3dbl_3b.bn.running_var"]
    infinite = {"Mixed_6a.branch3x3.bn.weight": torch.full((384,), torch.inf)}
    for state, named in (
        (official(shapes, classes=1000), "pt_inception-2015-12-05"),  # as torchvision's has
        ({"features.0.weight": torch.zeros(1)}, r"other\.pth"),
        (lacking, "Mixed_7c.branch3x3dbl_3b.bn.running_var"),
        (official(shapes) | {"AuxLogits.fc.bias": torch.zeros(1000)}, "AuxLogits.fc.bias"),
        (official(shapes) | infinite, "Mixed_6a.branch3x3.bn.weight"),
    ):
        with pytest.raises(WeightsError, match=named):
            load_inception(saved(state, path))
