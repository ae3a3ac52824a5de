"""`deepgin blend`: two stages of one training become one file."""

import pytest

from deepgin.network import build
from deepgin.weights import file_hash, read_card, save


def test_what_is_written_and_said(works, stages, tmp_path):
    out = tmp_path / "two.safetensors"
    printed = works("blend", stages.soft, stages.sharp, "-o", out, "--sharpness", 0.25)
    assert printed == (
        f"wrote {out}: deepgin-prefill of width 4, sharpness 0.25\n"
        "licence of the weights: for tests\n"
    )
    assert file_hash(out) == file_hash(stages.both)
    works("blend", stages.soft, stages.sharp, "-o", out, "--overwrite")
    assert read_card(out).sharpness == 0.5


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["-o", "two.pth"], "end the output in .safetensors"),
        (["-o", "old.safetensors"], "--overwrite"),
        (["-o", "two.safetensors", "--sharpness", "1.5"], "sharpness 1.5 does not work"),
        (["-o", "two.safetensors", "--sharpness", "much"], "sharpness"),
        ([], "output"),
    ],
)
def test_wrong_use(fails, files_in, stages, tmp_path, monkeypatch, arguments, word):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.safetensors").write_bytes(b"old")
    before = files_in(tmp_path)
    assert word in fails(2, "blend", stages.soft, stages.sharp, *arguments)
    assert files_in(tmp_path) == before


def test_an_input_is_never_the_output(fails, stages):
    before = stages.soft.read_bytes()
    arguments = [stages.soft, stages.sharp, "-o", stages.soft, "--overwrite"]
    assert "is also an input" in fails(2, "blend", *arguments)
    assert stages.soft.read_bytes() == before


def test_weights_that_do_not_go_together(fails, stages, tmp_path):
    out, other = tmp_path / "two.safetensors", tmp_path / "other.safetensors"
    message = fails(1, "blend", stages.soft, other, "-o", out)
    assert f"{other}: no such weights file" in message
    save(build("deepgin", 4), other, licence="for tests")
    message = fails(1, "blend", stages.soft, other, "-o", out)
    assert f"{stages.soft} has network deepgin-prefill, and {other} deepgin: blend" in message
    assert "two sets" in fails(1, "blend", stages.both, stages.sharp, "-o", out)
    assert not out.exists()
