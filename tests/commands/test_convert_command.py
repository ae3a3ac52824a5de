"""`deepgin convert`: a checkpoint in the authors' layout becomes our weights."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from deepgin.weights import convert, load, read_card

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


class Code:
    """Is more than a tensor."""


def bad_checkpoints(folder, checkpoint):
    (folder / "text.pth").write_text("no checkpoint")
    (folder / "empty.pth").touch()
    (folder / "cut.pth").write_bytes(checkpoint.read_bytes()[:5000])
    torch.save({"code": Code()}, folder / "code.pth")
    torch.save({"a": torch.zeros(2)}, folder / "other.pth")
    torch.save([1, 2], folder / "list.pth")
    (folder / "folder.pth").mkdir()


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("missing.pth", "no such file"),
        ("text.pth", ""),
        ("empty.pth", ""),
        ("cut.pth", ""),
        ("code.pth", "could run code"),
        ("other.pth", "unexpected: a"),
        ("list.pth", "no state dict"),
        ("folder.pth", ""),
    ],
)
def test_bad_checkpoint(fails, files_in, tmp_path, checkpoint, name, word):
    bad_checkpoints(tmp_path, checkpoint)
    (tmp_path / "old.safetensors").write_bytes(b"old")
    before = files_in(tmp_path)
    for target in (["new.safetensors"], ["old.safetensors", "--overwrite"]):
        out = tmp_path / target[0]
        message = fails(1, "convert", tmp_path / name, "-o", out, *target[1:])
        assert str(tmp_path / name) in message
        assert word in message
    assert files_in(tmp_path) == before


@pytest.mark.parametrize(
    ("name", "word"), [("out.pth", ".safetensors"), ("old.safetensors", "--ov")]
)
def test_wrong_output(fails, files_in, tmp_path, checkpoint, name, word):
    (tmp_path / "old.safetensors").write_bytes(b"old")
    before = files_in(tmp_path)
    assert word in fails(2, "convert", checkpoint, "-o", tmp_path / name)
    assert files_in(tmp_path) == before


def test_missing_folder(fails, tmp_path, checkpoint):
    out = tmp_path / "nowhere" / "out.safetensors"
    assert "nowhere" in fails(1, "convert", checkpoint, "-o", out)
    assert not list(tmp_path.iterdir())
