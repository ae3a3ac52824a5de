"""`deepgin export`: a network becomes one file, which the other commands take."""

import numpy as np
import pytest
import torch
from PIL import Image

from deepgin.network import build
from deepgin.runtimes.choice import card_of_file
from deepgin.weights import file_hash, save

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Weights of a network that is written fast."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    save(build("std-coarse", 4), path, training={"samples": 12}, licence="for tests")
    return path


@pytest.fixture
def file(works, small, tmp_path):
    works("export", small, "-o", tmp_path / "model.onnx")
    return tmp_path / "model.onnx"


def opset_of(path):
    return [one.version for one in onnx.load(path).opset_import]


def test_what_is_written_and_said(works, small, tmp_path):
    out = tmp_path / "model.onnx"
    printed = works("export", small, "-o", out)
    size = out.stat().st_size / 1e6
    assert printed == (
        f"wrote {out}: std-coarse of width 4, {size:.1f} MB\nlicence of the weights: for tests\n"
    )
    assert card_of_file(out) == card_of_file(small)
    assert opset_of(out) == [18]
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]


def test_options(works, small, file, tmp_path):
    works("export", small, "-o", file, "--overwrite", "--opset", 20)
    assert opset_of(file) == [20]
    works("export", small, "-o", tmp_path / "half.onnx", "--half")
    assert (tmp_path / "half.onnx").stat().st_size < 0.75 * file.stat().st_size
    works("export", small, "-o", tmp_path / "migan.onnx", "--contract", "migan")
    inputs = onnx.load(tmp_path / "migan.onnx").graph.input
    assert [one.name for one in inputs] == ["image", "mask"]


@pytest.mark.slow
def test_a_program(works, small, tmp_path):
    works("export", small, "-o", tmp_path / "model.pt2")
    assert (tmp_path / "model.pt2").stat().st_size > 1e5


@pytest.mark.parametrize(("option", "at"), [([], 0.25), (["--sharpness", 1], 1.0)])
def test_the_sharpness_is_fixed_and_kept(works, fails, stages, pair, tmp_path, option, at):
    out = tmp_path / "model.onnx"
    works("export", stages.both, "-o", out, *option)
    card = card_of_file(out)
    facts = {"soft": {"samples": 12}, "sharp": {"samples": 34}, "sharpness": at}
    assert (card.training, card.sharpness, card.format) == (facts, None, 1)
    runtime = ("--device", "cpu", "--precision", "float32", "-o")
    works("inpaint", *pair, "--weights", out, *runtime, tmp_path / "one.png")
    two = ("--weights", stages.both, "--sharpness", at)
    works("inpaint", *pair, *two, *runtime, tmp_path / "other.png")
    pictures = [
        np.asarray(Image.open(tmp_path / name)).astype(int) for name in ("one.png", "other.png")
    ]
    assert np.abs(pictures[0] - pictures[1]).max() <= 1
    words = ("inpaint", *pair, "--weights", out, "-o", tmp_path / "x.png", "--sharpness", at)
    assert f"{out}: the sharpness of an exported file is fixed" in fails(2, *words)


def test_a_picture(works, small, file, pair, tmp_path):
    works("inpaint", *pair, "-o", tmp_path / "one.png", "--weights", file, "--provenance")
    runtime = ("--weights", small, "--device", "cpu", "--precision", "float32")
    works("inpaint", *pair, "-o", tmp_path / "other.png", *runtime)
    one, other, picture = (
        np.asarray(Image.open(path)).astype(int)
        for path in (tmp_path / "one.png", tmp_path / "other.png", pair[0])
    )
    mask = np.asarray(Image.open(pair[1])) > 0
    assert np.abs(one - other).max() <= 1
    assert not (one - picture)[~mask].any()
    assert (one != picture)[mask].any()
    assert file_hash(file) in str(Image.open(tmp_path / "one.png").info)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["-o", "model.pth"], ".onnx"),
        (["-o", "model.onnx", "--contract", "lama"], "deepgin or migan"),
        (["-o", "model.onnx", "--opset", "17"], "18 to 20"),
        (["-o", "model.onnx", "--opset", "new"], "opset"),
        (["-o", "model.pt2", "--half"], "only ONNX files"),
        (["-o", "old.onnx"], "--overwrite"),
        (["-o", "model.onnx", "--sharpness", "0.5"], "holds one set of weights"),
        ([], "output"),
    ],
)
def test_wrong_use(fails, files_in, small, tmp_path, monkeypatch, arguments, word):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.onnx").write_bytes(b"old")
    before = files_in(tmp_path)
    assert word in fails(2, "export", small, *arguments)
    assert files_in(tmp_path) == before


def test_guided_weights(fails, files_in, tmp_path):
    save(build("deepgin-guided", 4), tmp_path / "w.safetensors")
    before = files_in(tmp_path)
    words = ("export", tmp_path / "w.safetensors", "-o", tmp_path / "model.onnx")
    assert "needs a guidance picture" in fails(2, *words)
    assert files_in(tmp_path) == before
