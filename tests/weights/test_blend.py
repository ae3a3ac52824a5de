"""Files of two sets of weights: what is written, what is taken between them, and what is refused."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from deepgin.errors import UsageError, WeightsError
from deepgin.network import Discriminators, build
from deepgin.weights import Card, file_hash, join, load, read_card, save, sharpness_of
from deepgin.weights.blend import tensors

shares = given(share=st.floats(0, 1))
few = settings(max_examples=30)


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


@few
@shares
def test_every_weight_is_on_the_line_between(stages, share: float) -> None:
    soft, sharp = (tensors(path, None) for path in (stages.soft, stages.sharp))
    found = tensors(stages.both, share)
    assert found.keys() == soft.keys()
    for name, value in found.items():
        assert value.dtype == np.float32
        line = soft[name].astype(np.float64) * (1 - share) + sharp[name].astype(np.float64) * share
        np.testing.assert_allclose(value, line, rtol=0, atol=1e-6)


@few
@shares
def test_numpy_and_torch_read_the_same_bits(stages, share: float) -> None:
    arrays, torch_s = tensors(stages.both, share), tensors(stages.both, share, "pt")
    assert arrays.keys() == torch_s.keys()
    for name, value in arrays.items():
        np.testing.assert_array_equal(value, torch_s[name].numpy(), strict=True)


@pytest.mark.parametrize("share", [0, 0.3, 1])
def test_the_network_has_what_was_read(stages, share: float) -> None:
    assert same(load(stages.both, share).state_dict(), tensors(stages.both, share, "pt"))


@pytest.mark.parametrize(("share", "name"), [(0, "soft"), (1, "sharp")])
def test_the_ends_are_the_two_stages(stages, share: int, name: str) -> None:
    wanted = load(getattr(stages, name)).state_dict()
    assert same(load(stages.both, share).state_dict(), wanted)


def test_the_card_s_own_is_the_default(stages) -> None:
    assert same(load(stages.both).state_dict(), load(stages.both, 0.25).state_dict())
    assert not same(load(stages.both).state_dict(), load(stages.both, 0.5).state_dict())
    assert [sharpness_of(stages.both, given) for given in (None, 0, 1)] == [0.25, 0, 1]
    assert sharpness_of(stages.soft) is None


def test_what_is_the_same_is_written_once(stages) -> None:
    soft, sharp, both = (load_file(path) for path in stages)
    second = {name for name in both if name.startswith("soft.")}
    assert {name.removeprefix("soft.").partition(".")[0] for name in second} == {"stage2"}
    assert same({name: both[name] for name in both.keys() - second}, sharp)
    for name, value in soft.items():
        assert (f"soft.{name}" in second) != torch.equal(value, sharp[name])
        assert torch.equal(both.get(f"soft.{name}", both[name]), value)


def metadata_of(path: Path) -> dict:
    with safe_open(path, "np") as file:
        return json.loads(file.metadata()["deepgin"])


def test_cards_in_the_file(stages) -> None:
    told = metadata_of(stages.both)
    assert (told["format"], told["sharpness"]) == (2, 0.25)
    # Of one set: what versions before two sets wrote, and can read.
    names = ["network", "width", "licence", "training", "preprocessing", "format"]
    assert list(metadata_of(stages.soft)) == names
    assert metadata_of(stages.soft)["format"] == 1


def test_the_card_of_one_network_between() -> None:
    card = Card("deepgin", 4, training={"soft": 1}, format=2, sharpness=0.5)
    assert card.at(0.3) == Card("deepgin", 4, training={"soft": 1, "sharpness": 0.3})
    assert Card("deepgin", 4).at(None) == Card("deepgin", 4)


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan, math.inf, -math.inf])
def test_numbers_out_of_range(stages, tmp_path: Path, value: float) -> None:
    for path in stages:
        with pytest.raises(UsageError) as raised:
            load(path, value)
        assert raised.value.field == "sharpness"
    with pytest.raises(UsageError) as raised:
        join(stages.soft, stages.sharp, tmp_path / "w.safetensors", value)
    assert raised.value.field == "sharpness"
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("name", ["w.onnx", "w.pt2"])
def test_the_sharpness_of_exported_files_is_fixed(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError) as raised:
        load(tmp_path / name, 0.5)
    assert raised.value.field == "sharpness"
    assert name in str(raised.value)
    assert sharpness_of(tmp_path / name) is None


def test_one_set_takes_no_sharpness(stages) -> None:
    with pytest.raises(UsageError) as raised:
        load(stages.soft, 1)
    assert raised.value.field == "sharpness"
    assert "soft.safetensors" in str(raised.value)
    with pytest.raises(WeightsError, match="no such weights file"):
        sharpness_of(Path("none.safetensors"), 0.5)


@pytest.mark.parametrize(
    ("name", "shape", "told"),
    [
        ("soft.stage9.weight", [2], r"soft\.stage9\.weight has no sharp tensor beside it"),
        ("soft.stage2.out.bias", [2], r"bias has shape \(2,\), where \(3,\) belongs"),
        ("soft.soft.stage2.out.bias", [3], None),
    ],
)
@pytest.mark.parametrize("share", [None, 0, 1])
def test_soft_tensors_that_do_not_fit(stages, tmp_path: Path, name, shape, told, share) -> None:
    path = tmp_path / "w.safetensors"
    with safe_open(stages.both, "pt") as file:
        save_file(load_file(stages.both) | {name: torch.zeros(shape)}, path, file.metadata())
    readers = (load, lambda *given: tensors(path, sharpness_of(*given)))
    for read in readers:
        with pytest.raises(WeightsError, match=told) as raised:
            read(path, share)
            pytest.fail("it was read")
        message = str(raised.value)
        assert message.startswith(f"{path}: {name} has ")
        assert message.endswith(": write the file anew by deepgin blend")
        assert "\n" not in message


def test_soft_tensors_of_a_card_of_one_set(stages, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    with safe_open(stages.soft, "pt") as file:
        save_file(load_file(stages.both), path, file.metadata())
    with pytest.raises(WeightsError, match="does not fit the network it names: .*soft.stage2"):
        load(path)


def test_joining(stages, tmp_path: Path) -> None:
    out = tmp_path / "w.safetensors"
    card = join(stages.soft, stages.sharp, out, 0.25)
    assert card == read_card(out)
    assert card.training == {"soft": {"samples": 12}, "sharp": {"samples": 34}}
    assert (card.licence, card.sharpness, card.format) == ("for tests", 0.25, 2)
    assert file_hash(out) == file_hash(stages.both)
    assert join(stages.soft, stages.soft, out).sharpness == 0.5
    assert not [name for name in load_file(out) if name.startswith("soft.")]
    assert same(load(out).state_dict(), load(stages.soft).state_dict())


def test_joining_halves_what_was_float32(stages, tmp_path: Path) -> None:
    full = tmp_path / "full.safetensors"
    save(load(stages.soft), full, licence="for tests", dtype=torch.float32)
    join(full, stages.sharp, tmp_path / "w.safetensors")
    assert {value.dtype for value in load_file(tmp_path / "w.safetensors").values()} == {
        torch.float16
    }


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (
            lambda p: save(build("deepgin", 4), p, licence="for tests"),
            "network deepgin-prefill, an",
        ),
        (lambda p: save(build("deepgin-prefill", 6), p, licence="for tests"), "width 4, and .* 6:"),
        (lambda p: save(build("deepgin-prefill", 4), p), "licence for tests, and .* CC BY-NC"),
        (
            lambda p: save(Discriminators(4), p),
            "has network deepgin-prefill, and .* discriminators",
        ),
        (lambda p: p.write_bytes(b"text"), "other.safetensors is no safetensors file"),
    ],
)
def test_files_that_do_not_go_together(stages, tmp_path: Path, other, told) -> None:
    other(tmp_path / "other.safetensors")
    with pytest.raises(WeightsError, match=told) as raised:
        join(stages.soft, tmp_path / "other.safetensors", tmp_path / "w.safetensors")
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "w.safetensors").exists()


def test_two_sets_are_not_joined_again(stages, tmp_path: Path) -> None:
    for pair in ((stages.both, stages.sharp), (stages.soft, stages.both)):
        with pytest.raises(WeightsError, match=r"both\.safetensors"):
            join(*pair, tmp_path / "w.safetensors")
    assert not [*tmp_path.iterdir()]


def test_discriminators_are_not_joined(tmp_path: Path) -> None:
    save(Discriminators(2), tmp_path / "d.safetensors")
    with pytest.raises(WeightsError, match="holds discriminators"):
        join(*[tmp_path / "d.safetensors"] * 2, tmp_path / "w.safetensors")
    assert not (tmp_path / "w.safetensors").exists()


def test_an_input_is_never_the_output(stages) -> None:
    for path in (stages.soft, stages.sharp):
        before = path.read_bytes()
        with pytest.raises(UsageError, match=path.name):
            join(stages.soft, stages.sharp, path)
        assert path.read_bytes() == before


def test_a_soft_weight_that_is_not_finite_is_refused(stages, tmp_path: Path) -> None:
    network = load(stages.sharp)
    soft = network.state_dict() | {"stage2.out.bias": torch.tensor([0, math.inf, 0])}
    with pytest.raises(WeightsError, match=r"weight soft\.stage2\.out\.bias is not finite"):
        save(network, tmp_path / "w.safetensors", soft=soft)
    assert not [*tmp_path.iterdir()]
