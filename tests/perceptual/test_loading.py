"""Loading weights: the official layout under numbers, the cut one under names, and what is refused.

Files of the true networks are too large for tests: the zeros and ramps here have their shapes.
"""

import urllib.error
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from deepgin.errors import WeightsError
from deepgin.perceptual import VGG16, VGG19, AlexNet, Vgg, load_alexnet, load_lpips_heads, load_vgg

# Where torchvision's `features` have their convolutions (configurations D and E of the paper).
NUMBERS = {
    VGG16: (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28),
    VGG19: (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34),
    AlexNet.layers: (0, 3, 6, 8, 10),
}


def official(layers: tuple[str, ...]) -> dict[str, torch.Tensor]:
    """A state dict in torchvision's layout: the i-th convolution's bias is i throughout."""
    with torch.device("meta"):
        network = AlexNet() if layers == AlexNet.layers else Vgg(layers)
    state = {"classifier.6.bias": torch.zeros(1000)}
    for i, (name, number) in enumerate(zip(layers, NUMBERS[layers], strict=True)):
        convolution = network.convolutions[name]
        # One element, seen as the whole: the file stays small.
        state[f"features.{number}.weight"] = torch.tensor(i / 7).expand(convolution.weight.shape)
        state[f"features.{number}.bias"] = torch.tensor(float(i)).expand(convolution.bias.shape)
    return state


def saved(state: dict[str, torch.Tensor], path: Path) -> Path:
    torch.save(state, path)
    return path


def cut(**changes: torch.Tensor) -> dict[str, torch.Tensor]:
    """The first three layers of VGG-19 with a convolution of its own before them."""
    torch.manual_seed(0)
    state = {"input.weight": torch.randn(3, 3, 1, 1), "input.bias": torch.randn(3)}
    for name, inputs, outputs in (("conv1_1", 3, 64), ("conv1_2", 64, 64), ("conv2_1", 64, 128)):
        state[f"{name}.weight"] = torch.randn(outputs, inputs, 3, 3)
        state[f"{name}.bias"] = torch.randn(outputs)
    return state | {name.replace("__", "."): value for name, value in changes.items()}


@pytest.mark.parametrize("layers", list(NUMBERS))
def test_official_layout(layers, tmp_path) -> None:
    path = saved(official(layers), tmp_path / "official.pth")
    right, wrong = (
        (load_alexnet, load_vgg) if layers == AlexNet.layers else (load_vgg, load_alexnet)
    )
    network = right(path)
    assert network.layers == layers
    for i, convolution in enumerate(network.convolutions.values()):
        assert (convolution.bias == i).all() and (convolution.weight == i / 7).all()
    assert not network.training and not any(p.requires_grad for p in network.parameters())
    with pytest.raises(WeightsError, match=r"official\.pth"):
        wrong(path)


def test_names_are_downloaded_with_their_checksum(monkeypatch) -> None:
    asked = []

    def download(url, **options):
        asked.append((url.rsplit("/", 1)[-1], options["check_hash"], options["weights_only"]))
        return official(AlexNet.layers if "alexnet" in url else VGG16)

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", download)
    assert load_vgg("vgg16").layers == VGG16
    assert load_alexnet().layers == AlexNet.layers
    assert asked == [(f, True, True) for f in ("vgg16-397923af.pth", "alexnet-owt-7be5be79.pth")]


@pytest.mark.parametrize(
    "failure",
    [urllib.error.URLError("no\nroute"), RuntimeError("invalid hash value")],
)
def test_failed_download(monkeypatch, failure, capsys) -> None:
    def download(url, **options):
        print("Downloading")
        raise failure

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", download)
    with pytest.raises(WeightsError, match="vgg19") as error:
        load_vgg("vgg19")
    assert "\n" not in str(error.value)
    assert capsys.readouterr().out == ""


def test_cut_vgg19(tmp_path) -> None:
    state = cut()
    save_file(state, tmp_path / "cut.safetensors")
    network = load_vgg(tmp_path / "cut.safetensors")
    assert network.layers == ("conv1_1", "conv1_2", "conv2_1")
    x = torch.rand(1, 3, 6, 6)
    prepared = torch.nn.functional.conv2d(x, state["input.weight"], state["input.bias"])
    expected = torch.nn.functional.conv2d(
        prepared, state["conv1_1.weight"], state["conv1_1.bias"], padding=1
    )
    torch.testing.assert_close(network(x, ["conv1_1"])["conv1_1"], expected)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"a.weight": torch.zeros(1)}, "other"),
        (cut(conv3_1__weight=torch.zeros(256, 128, 3, 3)), "other"),
        (cut(extra__weight=torch.zeros(1)), "convolutions.extra.weight"),
        (cut(conv1_2__bias=torch.zeros(63)), r"conv1_2.bias"),
        (cut(conv1_1__bias=torch.full((64,), torch.nan)), "conv1_1.bias is not finite"),
        ({k: v for k, v in cut().items() if k != "input.bias"}, "input.bias"),
    ],
)
def test_other_safetensors_are_refused(state, message, tmp_path) -> None:
    path = tmp_path / "other.safetensors"
    save_file(state, path)
    with pytest.raises(WeightsError, match=message) as error:
        load_vgg(path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("ending", [".pth", ".safetensors"])
def test_missing_and_damaged_files(ending, tmp_path) -> None:
    path = tmp_path / f"file{ending}"
    with pytest.raises(WeightsError, match="file"):
        load_vgg(path)
    path.write_bytes(b"\x00\x01" * 50)
    with pytest.raises(WeightsError, match=path.name):
        load_vgg(path)
    folder = tmp_path / f"folder{ending}"
    folder.mkdir()
    with pytest.raises(WeightsError, match="folder"):
        load_vgg(folder)


def test_other_states_are_refused(tmp_path) -> None:
    path = saved(official(AlexNet.layers), tmp_path / "short.pth")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(WeightsError, match=path.name):
        load_alexnet(path)
    with pytest.raises(WeightsError, match="list"):
        load_vgg(saved([torch.zeros(1)], tmp_path / "list.pth"))
    state = official(AlexNet.layers)
    del state["features.3.bias"]
    with pytest.raises(WeightsError, match="conv2.bias"):
        load_alexnet(saved(state, tmp_path / "without.pth"))


def test_lpips_heads(tmp_path) -> None:
    path = tmp_path / "heads.safetensors"
    state = {f"vgg.lin{i}.model.1.weight": torch.full((1, 2, 1, 1), float(i)) for i in range(5)}
    save_file(state, path)
    assert [head.tolist() for head in load_lpips_heads(path, "vgg16")] == [[i, i] for i in range(5)]
    with pytest.raises(WeightsError, match="alex.lin0.model.1.weight"):
        load_lpips_heads(path, "alexnet")
