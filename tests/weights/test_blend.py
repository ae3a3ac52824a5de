"""Files of two sets of weights: what is written, what is taken between them, and what is refused."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from deepgin.errors import UsageError, WeightsError
from deepgin.network import Discriminators, build
from deepgin.weights import Card, file_hash, join, load, read_card, save, sharpness_of
from deepgin.weights.blend import tensors


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


@settings(max_examples=8)
@given(share=st.floats(0, 1))
@example(share=0.0)
@example(share=1.0)
def test_every_weight_is_on_the_line_between(stages, share: float) -> None:
    soft, sharp = (tensors(path, None) for path in (stages.soft, stages.sharp))
    arrays, torch_s = tensors(stages.both, share), tensors(stages.both, share, "pt")
    assert arrays.keys() == torch_s.keys() == soft.keys()
    for name, value in arrays.items():
        assert value.dtype == np.float32
        line = soft[name].astype(np.float64) * (1 - share) + sharp[name].astype(np.float64) * share
        np.testing.assert_allclose(value, line, rtol=0, atol=0 if share in (0, 1) else 1e-6)
        np.testing.assert_array_equal(value, torch_s[name].numpy(), strict=True)
    assert same(load(stages.both, share).state_dict(), torch_s)


def test_the_card_has_the_default(stages) -> None:
    assert same(load(stages.both).state_dict(), tensors(stages.both, 0.25, "pt"))
    assert [sharpness_of(stages.both, asked) for asked in (None, 0, 1)] == [0.25, 0, 1]
    assert sharpness_of(stages.soft) is None
    assert sharpness_of(Path("none.onnx")) is None


def test_what_is_the_same_is_written_once(stages) -> None:
    soft, sharp, both = (load_file(path) for path in stages)
    second = {name for name in both if name.startswith("soft.")}
    assert {name.removeprefix("soft.").partition(".")[0] for name in second} == {"stage2"}
    assert same({name: both[name] for name in both.keys() - second}, sharp)
    for name, value in soft.items():
        assert (f"soft.{name}" in second) != torch.equal(value, sharp[name])
        assert torch.equal(both.get(f"soft.{name}", both[name]), value)


def test_cards_in_the_file(stages) -> None:
    def metadata(path: Path) -> dict:
        with safe_open(path, "np") as file:
            return json.loads(file.metadata()["deepgin"])

    both, one = metadata(stages.both), metadata(stages.soft)
    assert (both["format"], both["sharpness"]) == (2, 0.25)
    # Of one set: what versions before two sets wrote, and can read.
    assert list(one) == ["network", "width", "licence", "training", "preprocessing", "format"]
    assert one["format"] == 1
    card = Card("deepgin", 4, training={"soft": 1}, format=2, sharpness=0.5)
    assert card.at(0.3) == Card("deepgin", 4, training={"soft": 1, "sharpness": 0.3})
    assert card.at(0.3).at(None) == card.at(0.3)


@pytest.mark.parametrize(
    ("file", "value"),
    [
        *(("both", value) for value in (-0.1, 1.1, math.nan, math.inf, -math.inf)),
        *(("soft", value) for value in (1, math.nan)),
        *((name, value) for name in ("w.onnx", "w.pt2") for value in (0.5, 2)),
    ],
)
def test_sharpness_that_a_file_cannot_have(stages, tmp_path: Path, file: str, value: float) -> None:
    path = getattr(stages, file, tmp_path / file)
    with pytest.raises(UsageError) as raised:
        load(path, value)
    assert raised.value.field == "sharpness"
    with pytest.raises(UsageError):
        join(stages.soft, stages.sharp, tmp_path / "w.safetensors", 1.1)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("soft.stage9.weight", [2]),
        ("soft.stage2.out.bias", [2]),
        ("soft.soft.stage2.out.bias", [3]),
    ],
)
@pytest.mark.parametrize("share", [None, 0, 1])
def test_soft_tensors_that_do_not_fit(stages, tmp_path: Path, name, shape, share) -> None:
    path = tmp_path / "w.safetensors"
    with safe_open(stages.both, "pt") as file:
        save_file(load_file(stages.both) | {name: torch.zeros(shape)}, path, file.metadata())
    for read in (load, lambda path, asked: tensors(path, sharpness_of(path, asked))):
        with pytest.raises(WeightsError) as raised:
            read(path, share)
        assert str(raised.value).startswith(f"{path}: {name} has ")
        assert "\n" not in str(raised.value)


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


@pytest.mark.parametrize(
    ("write", "part"),
    [
        (lambda p, _: save(build("deepgin", 4), p, licence="for tests"), "network deepgin-prefill"),
        (lambda p, _: save(build("deepgin-prefill", 6), p, licence="for tests"), "width 4"),
        (lambda p, _: save(build("deepgin-prefill", 4), p), "CC BY-NC"),
        (lambda p, _: save(Discriminators(4), p), "discriminators"),
        (lambda p, _: p.write_bytes(b"text"), "other.safetensors"),
        (lambda p, stages: p.write_bytes(stages.both.read_bytes()), "two sets"),
    ],
)
def test_files_that_do_not_go_together(stages, tmp_path: Path, write, part) -> None:
    other, out = tmp_path / "other.safetensors", tmp_path / "w.safetensors"
    write(other, stages)
    with pytest.raises(WeightsError, match=part) as raised:
        join(stages.soft, other, out)
    assert "\n" not in str(raised.value)
    assert not out.exists()


def test_discriminators_are_not_joined(tmp_path: Path) -> None:
    save(Discriminators(2), tmp_path / "d.safetensors")
    with pytest.raises(WeightsError, match="discriminators"):
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
