"""The authors' checkpoints: both layouts of each network, and every way a file can be wrong."""

import os
import pickle
import random
from pathlib import Path

import pytest
import torch
from torch import Tensor

from deepgin.errors import WeightsError
from deepgin.network import Discriminators, Generator
from deepgin.weights import convert, read_authors


def _layered(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Rename `scale1_layer2.0.module.*` to `layer1.4.module.*`, the default of the authors."""
    renamed = {}
    for key, value in state.items():
        scale, layer, rest = key[5], int(key[12]), key.split(".", 2)[2]
        assert key == f"scale{scale}_layer{layer}.0.{rest}"
        renamed[f"layer{scale}.{2 * layer}.{rest}"] = value
    return renamed


def _read(state: object, path: Path, new: bool = True) -> dict[str, Tensor]:
    torch.save(state, path, _use_new_zipfile_serialization=new)
    return read_authors(path)


@pytest.mark.parametrize(("prefix", "new"), [("", True), ("module.", True), ("", False)])
@pytest.mark.parametrize(
    ("name", "variant"), [("generator", "deepgin"), ("generator_guided", "deepgin-guided")]
)
def test_generators(golden, name: str, variant: str, prefix: str, new: bool, tmp_path) -> None:
    """Each of their tensors goes to one of ours, bit for bit; where: network/test_golden.py."""
    state, _ = golden(name)
    prefixed = {prefix + key: value for key, value in state.items()}
    network = convert(_read(prefixed, tmp_path / "latest_net_G.pth", new))
    assert isinstance(network, Generator)
    assert (network.name, network.width) == (variant, 8)
    ours = sorted(value.sum().item() for value in network.state_dict().values())
    assert ours == sorted(value.float().sum().item() for value in state.values())


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("quotients", [False, True])
@pytest.mark.parametrize("rename", [dict, _layered])
def test_discriminators(golden, rename, quotients: bool, prefix: str, tmp_path: Path) -> None:
    state, tensors = golden("discriminators")
    state = rename(state)
    if quotients:  # some of their files hold the derived `module.weight` too
        bars = [key for key in state if key.endswith(".module.weight_bar")]
        assert len(bars) == 8
        state |= {key.removesuffix("_bar"): torch.tensor(torch.nan) for key in bars}
    state = {prefix + key: value for key, value in state.items()}
    network = convert(_read(state, tmp_path / "latest_net_D.pth"))
    assert isinstance(network, Discriminators)
    assert network.width == 8
    with torch.no_grad():
        scales = network.eval()(tensors["masked"].float(), tensors["image"].float())
    for scale, maps in enumerate(scales):
        assert (maps[-1] - tensors[f"scale{scale}.layer3"]).abs().max() < 1e-5


@pytest.mark.parametrize(
    ("name", "rename", "first"),
    [
        ("generator", dict, "lr_coarse_tinker.1.weight"),
        ("generator_guided", dict, "lr_coarse_tinker.1.weight"),
        ("discriminators", dict, "scale1_layer0.0.module.weight_bar"),
        ("discriminators", _layered, "layer1.0.module.weight_bar"),
    ],
)
def test_missing_and_unexpected_keys_are_all_listed(golden, name, rename, first: str) -> None:
    state = rename(golden(name)[0])
    for gone in ([key for key in sorted(state)[1::7] if key != first], [first]):
        left = {key: value for key, value in state.items() if key not in gone}
        left |= {"strange.weight": torch.ones(1), "stranger.bias": torch.ones(1)}
        with pytest.raises(WeightsError) as error:
            convert(left, "latest.pth")
        message = str(error.value)
        assert message.startswith("latest.pth ")
        missing, unexpected = message.split("missing: ")[1].split("; unexpected: ")
        assert missing.split(", ") == gone
        assert unexpected.split(", ") == ["strange.weight", "stranger.bias"]


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
def test_a_wrong_shape_is_refused(golden, name: str, key: str, shape: tuple[int, ...]) -> None:
    state = golden(name)[0] | {key: torch.ones(shape)}
    with pytest.raises(WeightsError) as error:
        convert(state, "latest.pth")
    assert f"{key} has shape {shape}, " in str(error.value)


@pytest.mark.parametrize(
    "content",
    [
        [torch.ones(2)],
        torch.ones(2),
        {},
        None,
        "text",
        {"model": {"a": torch.ones(2)}},
        {"a": torch.ones(2), "epoch": 3},
        {"a": [torch.ones(2)]},
        {1: torch.ones(2)},
        {"a": None},
        torch.nn.Conv2d(1, 1, 1),
    ],
)
def test_what_is_no_state_dict_of_tensors_is_refused(content: object, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"net\.pth"):
        _read(content, tmp_path / "net.pth")


def test_files_that_are_no_checkpoints(tmp_path: Path) -> None:
    path = tmp_path / "net.pth"
    torch.save({"a": torch.ones(1000)}, path)
    whole = path.read_bytes()
    contents = {
        "empty": b"",
        "text": b"this is a letter to a friend\n",
        "zeros": bytes(5000),
        "half": whole[: len(whole) // 2],
        "last byte gone": whole[:-1],
        "pickle cut short": b"\x80\x02X\xff",
    }
    for what, content in contents.items():
        path.write_bytes(content)
        with pytest.raises(WeightsError, match=r"net\.pth"):
            read_authors(path)
            pytest.fail(f"{what} was read")
    for other in (tmp_path, tmp_path / "missing.pth"):
        with pytest.raises(WeightsError, match=other.name):
            read_authors(other)


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
    """Unpickled without care, it makes a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("form", ["zip", "old", "pickle"])
def test_code_in_a_checkpoint_is_refused_and_does_not_run(form, protocol, tmp_path) -> None:
    path, folder = tmp_path / "net.pth", tmp_path / "made"
    content = {"lr_coarse_tinker.1.weight": torch.ones(4, 4, 7, 7), "b": _Trap(folder)}
    if form == "pickle":
        path.write_bytes(pickle.dumps({"b": content["b"]}, protocol))
    else:
        new = form == "zip"
        torch.save(content, path, pickle_protocol=protocol, _use_new_zipfile_serialization=new)
    with pytest.raises(WeightsError, match=r"net\.pth"):
        read_authors(path)
    assert not folder.exists()
    if form == "pickle":
        pickle.loads(path.read_bytes())
    else:
        torch.load(path, weights_only=False)
    assert folder.exists()  # the trap is a real one
