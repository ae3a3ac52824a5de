"""The authors' checkpoints: both layouts of each network, and every way a file can be wrong."""

import os
import pickle
import random
import shutil
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from deepgin.errors import WeightsError
from deepgin.network import Discriminators, Generator
from deepgin.weights import convert, load, read_authors, save

DATA = Path(__file__).parents[1] / "data"
PREFIX = "state_dict."


def _golden(name: str) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Return the state dict in the authors' layout, and inputs with expected outputs."""
    tensors = load_file(DATA / f"{name}.safetensors")
    state = {k.removeprefix(PREFIX): v for k, v in tensors.items() if k.startswith(PREFIX)}
    return state, {k: v for k, v in tensors.items() if not k.startswith(PREFIX)}


def _layered(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Rename `scale1_layer2.0.module.*` to `layer1.4.module.*`, the default of the authors."""
    renamed = {}
    for key, value in state.items():
        scale, layer, rest = key[5], int(key[12]), key.split(".", 2)[2]
        assert key == f"scale{scale}_layer{layer}.0.{rest}"
        renamed[f"layer{scale}.{2 * layer}.{rest}"] = value
    return renamed


def _with_quotients(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Add the derived `module.weight`, which some of the authors' files hold."""
    extra = {
        key.removesuffix("_bar"): torch.full_like(value, torch.nan)
        for key, value in state.items()
        if key.endswith(".module.weight_bar")
    }
    assert len(extra) == 8
    return state | extra


def _read(state: object, path: Path) -> dict[str, Tensor]:
    torch.save(state, path)
    return read_authors(path)


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize(
    ("name", "variant"), [("generator", "deepgin"), ("generator_guided", "deepgin-guided")]
)
def test_generators(name: str, variant: str, prefix: str, tmp_path: Path) -> None:
    state, golden = _golden(name)
    prefixed = OrderedDict((prefix + key, value) for key, value in state.items())
    network = convert(_read(prefixed, tmp_path / "latest_net_G.pth"))
    assert isinstance(network, Generator)
    assert (network.name, network.width) == (variant, 8)
    inputs = [golden[k].float() for k in ("masked", "mask", "guidance") if k in golden]
    with torch.no_grad():
        filled = network(*inputs)
    for key in ("completed", "reconstructed", "coarse", "low_resolution"):
        difference = (getattr(filled, key) - golden[key]).abs().max().item()
        assert difference < 1e-5, key
    # Each of their tensors went to one of ours, bit for bit.
    ours = sorted(value.sum().item() for value in network.state_dict().values())
    assert ours == sorted(value.float().sum().item() for value in state.values())


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("quotients", [False, True])
@pytest.mark.parametrize("layout", ["scale", "layer"])
def test_discriminators(layout: str, quotients: bool, prefix: str, tmp_path: Path) -> None:
    state, golden = _golden("discriminators")
    state = _layered(state) if layout == "layer" else state
    state = _with_quotients(state) if quotients else state
    state = {prefix + key: value for key, value in state.items()}
    network = convert(_read(state, tmp_path / "latest_net_D.pth"))
    assert isinstance(network, Discriminators)
    assert network.width == 8
    with torch.no_grad():
        scales = network.eval()(golden["masked"].float(), golden["image"].float())
    for scale, maps in enumerate(scales):
        for layer, found in enumerate(maps):
            difference = (found - golden[f"scale{scale}.layer{layer}"]).abs().max().item()
            assert difference < 1e-5, (scale, layer)


def test_from_their_file_to_ours(tmp_path: Path) -> None:
    state, golden = _golden("generator")
    network = convert(_read(state, tmp_path / "latest_net_G.pth"))
    save(network, tmp_path / "ours.safetensors", dtype=torch.float32)
    loaded = load(tmp_path / "ours.safetensors")
    inputs = golden["masked"].float(), golden["mask"].float()
    difference = loaded(*inputs).completed - golden["completed"]
    assert difference.abs().max() < 1e-5


def test_old_files_of_torch_are_read(tmp_path: Path) -> None:
    state, _ = _golden("discriminators")
    torch.save(state, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    read = read_authors(tmp_path / "old.pth")
    assert all(torch.equal(read[key], state[key]) for key in state)


@pytest.mark.parametrize(
    ("name", "rename", "kind"),
    [
        ("generator", dict, "generator"),
        ("generator_guided", dict, "generator"),
        ("discriminators", dict, "discriminators"),
        ("discriminators", _layered, "discriminators"),
    ],
)
def test_missing_and_unexpected_keys_are_all_listed(name: str, rename, kind: str) -> None:
    state = rename(_golden(name)[0])
    gone = sorted(state)[1::7]
    left = {key: value for key, value in state.items() if key not in gone}
    left |= {"strange.weight": torch.ones(1), "stranger.bias": torch.ones(1)}
    with pytest.raises(WeightsError) as error:
        convert(left, "latest.pth")
    message = str(error.value)
    assert message.startswith(f"latest.pth does not fit {kind} in the authors' layout; ")
    missing, unexpected = message.split("missing: ")[1].split("; unexpected: ")
    assert missing.split(", ") == gone
    assert unexpected.split(", ") == ["strange.weight", "stranger.bias"]


@pytest.mark.parametrize("rename", [dict, _layered])
def test_a_discriminator_without_its_first_layer_is_refused(rename) -> None:
    state = rename(_golden("discriminators")[0])
    first = next(k for k in state if k.startswith(("scale1_layer0.", "layer1.0.")))
    first = first.rsplit(".", 1)[0] + ".weight_bar"
    del state[first]
    with pytest.raises(WeightsError, match=f"missing: {first}; unexpected: none"):
        convert(state)


@pytest.mark.parametrize("state", [{"a": torch.ones(2)}, {"module.conv.weight": torch.ones(2)}])
def test_another_network_is_refused(state: dict[str, Tensor]) -> None:
    with pytest.raises(WeightsError) as error:
        convert(state, "resnet.pth")
    assert f"unexpected: {next(iter(state))}" in str(error.value)
    assert "lr_coarse_tinker.1.weight" in str(error.value)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("generator", "r_de_conv5.bias"),
        ("generator", "lr_coarse_tinker.1.weight"),
        ("discriminators", "scale1_layer0.0.module.weight_bar"),
        ("discriminators", "scale0_layer3.0.module.weight_u"),
    ],
)
@pytest.mark.parametrize("shape", [(), (5,), (0, 6, 4, 4), (0, 4, 7, 7), (3, 3, 3, 3)])
def test_a_wrong_shape_is_refused(name: str, key: str, shape: tuple[int, ...]) -> None:
    state = _golden(name)[0]
    state[key] = torch.ones(shape)
    with pytest.raises(WeightsError) as error:
        convert(state, "latest.pth")
    assert f"{key} has shape {shape}, where (" in str(error.value)


@pytest.mark.parametrize(
    "content",
    [
        [torch.ones(2)],
        torch.ones(2),
        {},
        None,
        "text",
    ],
)
def test_what_is_no_state_dict_is_refused(content: object, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"net\.pth"):
        _read(content, tmp_path / "net.pth")


@pytest.mark.parametrize(
    "content",
    [
        {"model": {"a": torch.ones(2)}},
        {"a": torch.ones(2), "epoch": 3},
        {"a": [torch.ones(2)]},
        {1: torch.ones(2)},
        {"a": None},
    ],
)
def test_a_state_dict_of_more_than_tensors_is_refused(content: object, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"net\.pth"):
        _read(content, tmp_path / "net.pth")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"net\.pth"):
        read_authors(tmp_path / "net.pth")


def test_files_that_are_no_checkpoints(tmp_path: Path) -> None:
    path = tmp_path / "net.pth"
    torch.save({"a": torch.ones(1000)}, path)
    whole = path.read_bytes()
    torch.save({"a": torch.ones(1000)}, path, _use_new_zipfile_serialization=False)
    old = path.read_bytes()
    contents = {
        "empty": b"",
        "text": b"this is a letter to a friend\n",
        "page": b"<!DOCTYPE html><html>404</html>",
        "zeros": bytes(5000),
        "picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "half": whole[: len(whole) // 2],
        "last byte gone": whole[:-1],
        "half of an old one": old[: len(old) // 2],
        "pickle cut short": b"\x80\x02X\xff",
    }
    for what, content in contents.items():
        path.write_bytes(content)
        with pytest.raises(WeightsError, match=r"net\.pth"):
            read_authors(path)
            pytest.fail(f"{what} was read")
    with pytest.raises(WeightsError, match="is no PyTorch checkpoint"):
        read_authors(tmp_path)  # a folder


def test_damage_of_any_kind_is_one_error(tmp_path: Path, recwarn) -> None:
    """Whatever torch's reader stumbles over, no other exception and no warning gets out."""
    path = tmp_path / "net.pth"
    torch.save({"a": torch.ones(50)}, path, _use_new_zipfile_serialization=False)
    whole = path.read_bytes()
    draw = random.Random(0)
    refused = 0
    for _ in range(400):
        damaged = bytearray(whole)
        for _ in range(3):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        path.write_bytes(damaged)
        try:
            read_authors(path)
        except WeightsError:
            refused += 1
    assert refused > 100
    assert not recwarn.list


class _Trap:
    """Unpickled without care, it would make a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("form", ["zip", "old", "pickle"])
def test_code_in_a_checkpoint_is_refused_and_does_not_run(form, protocol, tmp_path) -> None:
    path, sprung = tmp_path / "net.pth", tmp_path / "sprung"
    content = {"lr_coarse_tinker.1.weight": torch.ones(4, 4, 7, 7), "b": _Trap(sprung)}
    if form == "pickle":
        path.write_bytes(pickle.dumps({"b": content["b"]}, protocol))
    else:
        torch.save(
            content,
            path,
            pickle_protocol=protocol,
            _use_new_zipfile_serialization=form == "zip",
        )
    with pytest.raises(WeightsError, match=r"net\.pth"):
        read_authors(path)
    assert not sprung.exists()
    # The trap is a real one.
    if form == "pickle":
        pickle.loads(path.read_bytes())
    else:
        torch.load(path, weights_only=False)
    assert sprung.exists()
    shutil.rmtree(sprung)


def test_a_whole_module_is_refused(tmp_path: Path) -> None:
    torch.save(torch.nn.Conv2d(1, 1, 1), tmp_path / "net.pth")
    with pytest.raises(WeightsError, match="convert only a state dict"):
        read_authors(tmp_path / "net.pth")
