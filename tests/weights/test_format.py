"""Our weights files: what is written, what comes back, and what is refused."""

import hashlib
import json
import math
import resource
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from deepgin.errors import WeightsError
from deepgin.network import Discriminators, Generator, build
from deepgin.weights import Card, file_hash, load, read_card, save


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@pytest.fixture
def network() -> Generator:
    return build("deepgin", 4)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "w.safetensors"


@pytest.mark.parametrize("name", ["std-coarse", "std", "deepgin", "deepgin-guided"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.bfloat16])
def test_round_trip(name: str, dtype: torch.dtype, path: Path) -> None:
    network = build(name, 4)
    save(network, path, dtype=dtype)
    before = torch.get_rng_state()
    loaded = load(str(path))
    assert torch.equal(torch.get_rng_state(), before)
    assert (loaded.name, loaded.width) == (name, 4)
    ours, theirs = network.state_dict(), loaded.state_dict()
    assert list(ours) == list(theirs)
    for key, value in ours.items():
        assert theirs[key].dtype == torch.float32
        assert torch.equal(theirs[key], value.to(dtype).float()), key
    assert {t.dtype for t in load_file(path).values()} == {dtype}


def test_float16_is_the_default_and_repeats_and_moves_no_pixel_by_a_grey_level(
    network, path
) -> None:
    save(network, path)
    assert {t.dtype for t in load_file(path).values()} == {torch.float16}
    assert file_hash(path) == hashlib.sha256(path.read_bytes()).hexdigest()
    first = file_hash(path)
    save(network, path)
    assert file_hash(path) == first
    image, mask = torch.rand(1, 3, 32, 32), (torch.rand(1, 1, 32, 32) < 0.4).float()
    with torch.no_grad():
        difference = load(path)(image, mask).completed - network(image, mask).completed
    assert difference.abs().max() < 1 / 255


def test_a_loaded_network_is_ready_for_use(network: Generator, path: Path) -> None:
    save(network, path)
    loaded = load(path)
    assert not any(module.training for module in loaded.modules())
    for name, parameter in loaded.named_parameters():
        assert not parameter.requires_grad, name
        assert parameter.device.type == "cpu", name
        if parameter.ndim == 4:
            assert parameter.is_contiguous(memory_format=torch.channels_last), name
    # The laid-out kernels, not only those that are both.
    assert not loaded.stage1.encoder[1].weight.is_contiguous()
    assert not loaded(torch.rand(1, 3, 16, 16), torch.ones(1, 1, 16, 16)).completed.requires_grad


def test_the_card(network: Generator, path: Path) -> None:
    facts = {"samples": 1_000_000, "data": ["faces", "é"], "dB": 22.5, "recipe": None}
    save(network, path, training=facts, licence="unknown: ask the authors")
    preprocessing = {"channels": "RGB", "range": [0, 1], "mask": "1 = missing"}
    preprocessing |= {"size_multiple": 16, "trained_at": 256}
    assert read_card(path) == Card("deepgin", 4, "unknown: ask the authors", facts, preprocessing)
    # Any reader of safetensors finds it.
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    assert list(metadata) == ["deepgin"]
    assert json.loads(metadata["deepgin"])["training"] == facts
    save(network, path)
    assert (read_card(path).licence, read_card(path).training) == ("CC BY-NC 4.0", {})


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


def test_files_that_are_no_weights(network: Generator, path: Path) -> None:
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
    for reader in (load, read_card):
        for what, content in contents.items():
            path.write_bytes(content)
            with pytest.raises(WeightsError, match=r"w\.safetensors"):
                reader(path)
                pytest.fail(f"{what} was read")
        for other in (path.parent, path.with_name("missing.safetensors")):
            with pytest.raises(WeightsError, match=other.name):
                reader(other)


@pytest.mark.parametrize(
    "card",
    [
        *(None, "", "{", "[]", "null", "3", "[" * 100_000, {}, {"format": 1}),
        {"network": "deepgin", "format": 1},
        *(
            {"network": "deepgin", "width": 4, "format": 1} | wrong
            for wrong in (
                *({"width": width} for width in ("4", 4.0, True, None)),
                *({"network": ["deepgin"]}, {"format": "1"}, {"format": 3}, {"more": 1}),
                {"format": 3, "tiles": 3},  # a later one, with fields that are not known here
                *({"format": 2, "sharpness": at} for at in (-0.1, 1.1, "0.5", True, math.nan)),
            )
        ),
    ],
    ids=lambda card: str(card)[:60],
)
def test_cards_that_cannot_be_used_are_refused(card: object, path: Path) -> None:
    text = card if isinstance(card, str) else json.dumps(card)
    save_file({"a": torch.ones(2)}, path, {"deepgin": text} if card is not None else None)
    later = isinstance(card, dict) and card.get("format") == 3
    for reader in (load, read_card):
        with pytest.raises(WeightsError, match="has format 3" if later else r"w\.safetensors"):
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
    card = json.dumps({"network": name, "width": width, "format": 1})
    tensors = {key: value.contiguous() for key, value in network.state_dict().items()}
    save_file(tensors, path, {"deepgin": card})
    with pytest.raises(WeightsError) as error:
        load(path)
    message = str(error.value)
    assert message.startswith(f"{path} ")
    assert why in message
    assert "\n" not in message
    assert len(message) < 800


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e6])
def test_weights_that_are_not_finite_are_refused_and_the_old_file_stays(
    value: float, network: Generator, path: Path
) -> None:
    save(network, path)
    before = path.read_bytes()
    network.stage2.out.bias.data[1] = value  # 1e6 is beyond float16
    with pytest.raises(WeightsError, match=r"stage2\.out\.bias"):
        save(network, path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]
    if math.isfinite(value):
        save(network, path, dtype=torch.float32)
        assert load(path).stage2.out.bias[1] == value


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
