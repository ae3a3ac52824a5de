"""`deepgin convert` and `deepgin blend`: weights files that become one of ours."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from deepgin.weights import convert, file_hash, load, read_card

DATA = Path(__file__).parents[1] / "data"


def state_of(name):
    tensors = load_file(DATA / f"{name}.safetensors")
    prefix = "state_dict."
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("authors") / "latest_net_G.pth"
    torch.save(state_of("generator"), path)
    return path


def test_generator(works, tmp_path, checkpoint):
    out = tmp_path / "ours.safetensors"
    printed = works("convert", checkpoint, "-o", out, "--licence", "theirs")
    network = load(out)
    assert printed == f"wrote {out}: deepgin of width {network.width}\n"
    expected = convert(state_of("generator")).state_dict()
    found = network.state_dict()
    assert set(found) == set(expected)
    assert all(torch.equal(found[key], expected[key]) for key in expected)
    card = read_card(out)
    assert (card.network, card.licence) == ("deepgin", "theirs")
    assert card.training == {"converted_from": "latest_net_G.pth"}


def test_discriminators(works, tmp_path):
    torch.save(state_of("discriminators"), tmp_path / "latest_net_D.pth")
    out = tmp_path / "judges.safetensors"
    printed = works("convert", tmp_path / "latest_net_D.pth", "-o", out)
    assert "discriminators of width" in printed
    assert read_card(out).network == "discriminators"
    assert read_card(out).licence.startswith("unknown")


def test_blend(works, stages, tmp_path):
    out = tmp_path / "two.safetensors"
    printed = works("blend", stages.soft, stages.sharp, "-o", out, "--sharpness", 0.25)
    assert printed == (
        f"wrote {out}: deepgin-prefill of width 4, sharpness 0.25\n"
        "licence of the weights: for tests\n"
    )
    assert file_hash(out) == file_hash(stages.both)
    works("blend", stages.soft, stages.sharp, "-o", out, "--overwrite")
    assert read_card(out).sharpness == 0.5
