"""Our weights files: what is written, what comes back, and what is refused."""

import json
import math
import resource
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from deepgin.errors import DeepginError, WeightsError
from deepgin.network import Discriminators, Generator, build
from deepgin.weights import Card, file_hash, load, read_card, save
from deepgin.weights.card import LICENCE, PREPROCESSING


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@pytest.fixture
def network() -> Generator:
    return build("deepgin", 4)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "w.safetensors"


def _with_card(path: Path, card: object, network: Generator | None = None) -> None:
    """Write the network's weights under any card: text as it stands, else as JSON."""
    tensors = network.state_dict() if network else {"a": torch.ones(2)}
    text = card if isinstance(card, str) else json.dumps(card)
    save_file({k: v.contiguous() for k, v in tensors.items()}, path, {"deepgin": text})


@pytest.mark.parametrize("name", ["std-coarse", "std", "deepgin", "deepgin-guided"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.bfloat16])
def test_round_trip(name: str, dtype: torch.dtype, path: Path) -> None:
    network = build(name, 4)
    save(network, path, dtype=dtype)
    loaded = load(path)
    assert (loaded.name, loaded.width) == (name, 4)
    ours, theirs = network.state_dict(), loaded.state_dict()
    assert list(ours) == list(theirs)
    for key, value in ours.items():
        assert theirs[key].dtype == torch.float32
        assert torch.equal(theirs[key], value.to(dtype).float()), key
    assert {t.dtype for t in load_file(path).values()} == {dtype}


def test_float16_is_the_default_and_moves_no_pixel_by_a_grey_level(network, path) -> None:
    save(network, path)
    assert {t.dtype for t in load_file(path).values()} == {torch.float16}
    image, mask = torch.rand(1, 3, 32, 32), (torch.rand(1, 1, 32, 32) < 0.4).float()
    with torch.no_grad():
        difference = load(path)(image, mask).completed - network(image, mask).completed
    assert difference.abs().max() < 1 / 255


def test_a_loaded_network_is_ready_for_use(network: Generator, path: Path) -> None:
    save(network, path)
    loaded = load(path)
    assert not loaded.training
    assert not any(module.training for module in loaded.modules())
    for name, parameter in loaded.named_parameters():
        assert not parameter.requires_grad, name
        assert parameter.device.type == "cpu", name
        if parameter.ndim == 4:
            assert parameter.is_contiguous(memory_format=torch.channels_last), name
    # The laid-out kernels, not only those that are both.
    assert not loaded.stage1.encoder[1].weight.is_contiguous()
    assert not loaded(torch.rand(1, 3, 16, 16), torch.ones(1, 1, 16, 16)).completed.requires_grad


def test_loading_needs_no_random_numbers(network: Generator, path: Path) -> None:
    save(network, path)
    before = torch.get_rng_state()
    load(str(path))  # text is as good as a path
    assert torch.equal(torch.get_rng_state(), before)


def test_the_card(network: Generator, path: Path) -> None:
    facts = {"samples": 1_000_000, "data": ["faces", "é"], "dB": 22.5, "recipe": None}
    save(network, path, training=facts)
    assert read_card(path) == Card(
        network="deepgin",
        width=4,
        licence=LICENCE,
        training=facts,
        preprocessing=PREPROCESSING,
        format=1,
    )
    assert LICENCE == "CC BY-NC 4.0"
    assert PREPROCESSING["mask"] == "1 = missing"
    assert PREPROCESSING["size_multiple"] == 16
    # Any reader of safetensors finds it.
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    assert list(metadata) == ["deepgin"]
    assert json.loads(metadata["deepgin"])["training"] == facts


def test_the_card_takes_another_licence(network: Generator, path: Path) -> None:
    save(network, path, licence="unknown: ask the authors")
    assert read_card(path).licence == "unknown: ask the authors"
    assert read_card(path).training == {}


def test_the_moving_average_is_written_in_place_of_the_weights(network, path) -> None:
    average = {key: value + 1 for key, value in network.state_dict().items()}
    save(network, path, weights=average, dtype=torch.float32)
    loaded = load(path).state_dict()
    assert all(torch.equal(loaded[key], average[key]) for key in average)


def test_discriminators_are_saved_but_fill_no_holes(path: Path) -> None:
    network = Discriminators(2)
    save(network, path, dtype=torch.float32)
    card = read_card(path)
    assert (card.network, card.width) == ("discriminators", 2)
    written = load_file(path)
    assert all(torch.equal(written[k], v) for k, v in network.state_dict().items())
    assert set(written) == set(network.state_dict())
    with pytest.raises(WeightsError, match=r"w\.safetensors"):
        load(path)


def test_the_hash_is_of_the_files_bytes(path: Path) -> None:
    path.write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert file_hash(path) == expected


def test_saving_twice_gives_the_same_bytes(network: Generator, tmp_path: Path) -> None:
    for name in ("a", "b"):
        save(network, tmp_path / f"{name}.safetensors", training={"x": 1, "y": 2})
    assert file_hash(tmp_path / "a.safetensors") == file_hash(tmp_path / "b.safetensors")


@pytest.mark.parametrize("reader", [load, read_card])
def test_files_that_are_no_weights(reader, network: Generator, path: Path) -> None:
    with pytest.raises(WeightsError, match=r"w\.safetensors"):
        reader(path)
    save(network, path)
    whole = path.read_bytes()
    contents = {
        "empty": b"",
        "text": b"this is a letter to a friend\n" * 20,
        "header cut": whole[:100],
        "half": whole[: len(whole) // 2],
        "last byte gone": whole[:-1],
        "one byte more": whole + b"x",
        "zeros": bytes(1000),
        "no JSON": (16).to_bytes(8, "little") + b"{" * 16,
    }
    for what, content in contents.items():
        path.write_bytes(content)
        with pytest.raises(WeightsError, match=r"w\.safetensors"):
            reader(path)
            pytest.fail(f"{what} was read")
    with pytest.raises(WeightsError, match="is a folder: name a weights file in it"):
        reader(path.parent)


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}])
def test_weights_of_others_are_refused(metadata: dict[str, str] | None, path: Path) -> None:
    save_file({"a": torch.ones(2)}, path, metadata)
    for reader in (load, read_card):
        with pytest.raises(WeightsError, match="says nothing of a DeepGIN network: .* convert"):
            reader(path)


@pytest.mark.parametrize(
    "card",
    [
        "",
        "{",
        "[]",
        "null",
        "3",
        "[" * 100_000,
        {},
        {"format": 1},
        {"network": "deepgin", "format": 1},
        {"network": "deepgin", "width": "4", "format": 1},
        {"network": "deepgin", "width": 4.0, "format": 1},
        {"network": "deepgin", "width": True, "format": 1},
        {"network": "deepgin", "width": None, "format": 1},
        {"network": ["deepgin"], "width": 4, "format": 1},
        {"network": "deepgin", "width": 4, "format": "1"},
        {"network": "deepgin", "width": 4, "format": 1, "more": 1},
        {"network": "deepgin", "width": 4, "format": 2, "sharpness": -0.1},
        {"network": "deepgin", "width": 4, "format": 2, "sharpness": 1.1},
        {"network": "deepgin", "width": 4, "format": 2, "sharpness": "0.5"},
        {"network": "deepgin", "width": 4, "format": 2, "sharpness": True},
        {"network": "deepgin", "width": 4, "format": 2, "sharpness": math.nan},
    ],
    ids=lambda card: str(card)[:60],
)
def test_cards_that_say_nothing_are_refused(card: object, network, path: Path) -> None:
    _with_card(path, card, network)
    for reader in (load, read_card):
        with pytest.raises(WeightsError, match="says nothing of a DeepGIN network"):
            reader(path)


@pytest.mark.parametrize("more", [{}, {"tiles": 3}])
def test_a_later_format_is_refused(more: dict[str, int], network: Generator, path: Path) -> None:
    """Also when its card has fields that are not known here."""
    _with_card(path, {"network": "deepgin", "width": 4, "format": 3} | more, network)
    for reader in (load, read_card):
        with pytest.raises(WeightsError, match=r"w\.safetensors"):
            reader(path)


@pytest.mark.parametrize(
    ("name", "width", "why"),
    [
        ("deepgin", 8, "size mismatch for stage1.encoder.0.weight"),
        ("deepgin", 3, "width 3 does not work"),
        ("deepgin", -4, "width -4 does not work"),
        ("deepgin", 10**12, ""),
        ("deepgni", 4, "did you mean 'deepgin'?"),
        ("std", 4, "Missing key"),
        ("deepgin-guided", 4, "size mismatch"),
    ],
)
def test_a_card_of_another_network_is_refused(name, width, why, network, path) -> None:
    _with_card(path, {"network": name, "width": width, "format": 1}, network)
    with pytest.raises(WeightsError) as error:
        load(path)
    message = str(error.value)
    assert message.startswith(f"{path} does not fit the network it names: ")
    assert why in message
    assert "\n" not in message
    assert len(message) < 800


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e6])
def test_weights_that_are_not_finite_are_refused_and_nothing_is_written(
    value: float, network: Generator, path: Path
) -> None:
    network.stage2.out.bias.data[1] = value  # 1e6 is beyond float16
    with pytest.raises(WeightsError, match=r"weight stage2\.out\.bias is not finite in torch\.fl"):
        save(network, path)
    assert list(path.parent.iterdir()) == []
    if math.isfinite(value):
        save(network, path, dtype=torch.float32)
        assert load(path).stage2.out.bias[1] == value


def test_a_refusal_leaves_the_old_file(network: Generator, path: Path) -> None:
    save(network, path)
    before = path.read_bytes()
    network.stage1.out.weight.data.fill_(math.nan)
    with pytest.raises(WeightsError):
        save(network, path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_full_disk_is_one_error_and_leaves_nothing(network: Generator, path: Path) -> None:
    """The largest file allowed stands for the disk, since tests cannot fill one."""
    save(network, path)
    before = path.read_bytes()
    network.stage1.out.weight.data.add_(1)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, limits[1]))
    try:
        with pytest.raises(WeightsError, match=r"w\.safetensors"):
            save(network, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_missing_folder_is_named(network: Generator, tmp_path: Path) -> None:
    with pytest.raises(DeepginError, match="there is no folder .*nowhere"):
        save(network, tmp_path / "nowhere" / "w.safetensors")
    assert list(tmp_path.iterdir()) == []
