"""`deepgin evaluate`: the table, the JSON, the pictures it keeps, and wrong use."""

import json

import numpy as np
import pytest
from PIL import Image

from deepgin.evaluation.protocol import Protocol
from deepgin.metrics import psnr
from deepgin.pictures import read_rgb

KINDS = ("rectangle", "freeform", "cellular")


@pytest.fixture
def photos(tmp_path, photo):
    folder = tmp_path / "photos"
    (folder / "inner").mkdir(parents=True)
    Image.fromarray(photo(40, 56)).save(folder / "one.png")
    Image.fromarray(photo(48, 36, seed=1)).save(folder / "inner" / "two.jpg")
    return folder


def test_table(deepgin, photos, weights):
    arguments = ["--methods", "deepgin,pull-push", "--size", 32, "--weights", weights]
    code, out, err = deepgin("evaluate", photos, *arguments)
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "| method | rectangle | freeform | cellular | seconds a picture |"
    assert lines[1].count("---") == 5
    assert [line.split(" | ")[0] for line in lines[2:4]] == ["| deepgin", "| pull-push"]
    assert all(float(cell) > 5 for line in lines[2:4] for cell in line.split(" | ")[1:4])
    definition = lines[-1]
    assert "PSNR" in definition
    assert "mean over 2 pictures" in definition
    for kind in KINDS:
        assert f"{kind} `{Protocol(photos, 32).masks(kind).hash[:16]}`" in definition
    command = definition.split("Command: ")[1]
    assert "deepgin evaluate PHOTOS --methods deepgin,pull-push" in command
    assert f"--size 32 --weights {weights.name}" in command
    assert len(err.splitlines()) == 6


def test_the_printed_command_names_all_that_decides(deepgin, photos, weights):
    options = ["--methods", "deepgin", "--kinds", "rectangle", "--size", "16", "--limit", "1"]
    runtime = ["--weights", weights, "--device", "cpu", "--precision", "float32"]
    _, out, _ = deepgin("evaluate", photos, *options, *runtime)
    runtime[1] = weights.name
    assert " ".join(["deepgin evaluate PHOTOS", *options, *runtime]) in out


def test_json(deepgin, photos):
    arguments = ["--methods", "pull-push", "--size", 32, "--limit", 1, "--kinds", "rectangle"]
    code, out, _ = deepgin("evaluate", photos, *arguments, "--json")
    found = json.loads(out)
    assert code == 0
    protocol = Protocol(photos, 32, ("rectangle",), 1)
    assert found["masks"] == {"rectangle": protocol.masks("rectangle").hash}
    assert found["pictures"] == 1
    assert "--limit 1" in found["command"]
    [score] = found["scores"]
    assert (score["method"], score["kind"]) == ("pull-push", "rectangle")
    assert 5 < score["psnr"] < 60


def test_saved_pictures_are_those_that_were_measured(deepgin, photos, tmp_path):
    kept = tmp_path / "kept"
    arguments = ["--methods", "pull-push", "--size", 32, "--save", kept, "--json"]
    _, out, _ = deepgin("evaluate", photos, *arguments)
    scores = {score["kind"]: score["psnr"] for score in json.loads(out)["scores"]}
    protocol = Protocol(photos, 32)
    assert len([path for path in kept.rglob("*") if path.is_file()]) == 6
    for kind in KINDS:
        names = ["inner/two.jpg.png", "one.png"]
        files = [kept / "pull-push" / kind / name for name in names]
        pictures = [np.asarray(read_rgb(file)) for file in files]
        truths = [protocol.truth(path) for path in protocol.pictures()]
        measured = np.mean([psnr(*both) for both in zip(pictures, truths, strict=True)])
        assert measured == pytest.approx(scores[kind])


def test_pictures_of_one_stem_do_not_meet(deepgin, tmp_path, photo):
    folder = tmp_path / "photos"
    for name in ("a/x/p.png", "b/x/p.png", "b/x/p.webp"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(photo(16, 16)).save(folder / name)
    options = ["--methods", "pull-push", "--size", 16, "--kinds", "rectangle"]
    deepgin("evaluate", folder, *options, "--save", tmp_path / "kept")
    assert len(list((tmp_path / "kept").rglob("*.png"))) == 3


def test_saved_pictures_are_not_overwritten(deepgin, fails, files_in, photos, tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "old.png").write_bytes(b"old")
    before = files_in(tmp_path)
    options = ["--methods", "pull-push", "--size", 16, "--save", kept]
    assert "--overwrite" in fails(2, "evaluate", photos, *options)
    assert files_in(tmp_path) == before
    assert deepgin("evaluate", photos, *options, "--overwrite")[0] == 0
    assert (kept / "old.png").read_bytes() == b"old"


@pytest.mark.parametrize("name", ["telea", "navier-stokes", "fsr-fast"])
def test_opencv(deepgin, photos, name):
    cv2 = pytest.importorskip("cv2")
    if name == "fsr-fast" and not hasattr(cv2, "xphoto"):
        pytest.skip("this OpenCV lacks its contrib part")
    options = ["--size", 32, "--kinds", "rectangle", "--json"]
    code, out, _ = deepgin("evaluate", photos, "--methods", name, *options)
    assert code == 0
    assert json.loads(out)["scores"][0]["method"] == name


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--methods", "pull-push,tela"], 2, ["'tela'", "did you mean 'telea'?", "pull-push"]),
        (["--methods", ""], 2, ["''"]),
        (["--methods", "pull-push", "--kinds", "squares"], 2, ["'squares'", "rectangle"]),
        (["--methods", "pull-push", "--size", "0"], 2, ["at least 1 x 1"]),
        (["--methods", "pull-push", "--limit", "-1"], 2, ["-1"]),
        (["--methods", "deepgin", "--weights", "no.safetensors"], 1, ["no.safetensors"]),
        (["--methods", "deepgin", "--device", "potato"], 2, ["'potato'"]),
        (["--methods", "deepgin", "--precision", "half"], 2, ["'half'"]),
    ],
)
def test_wrong_use(fails, files_in, photos, tmp_path, options, code, words):
    before = files_in(tmp_path)
    message = fails(code, "evaluate", photos, *options, "--save", tmp_path / "kept")
    for word in words:
        assert word in message
    assert files_in(tmp_path) == before


@pytest.mark.parametrize(
    ("name", "word"), [("empty", "no pictures"), ("missing", "no such folder")]
)
def test_no_pictures(fails, tmp_path, name, word):
    (tmp_path / "empty").mkdir()
    message = fails(1, "evaluate", tmp_path / name, "--methods", "pull-push")
    assert str(tmp_path / name) in message
    assert word in message


def test_damaged_picture_is_named(fails, photos):
    (photos / "cut.png").write_bytes((photos / "one.png").read_bytes()[:400])
    message = fails(1, "evaluate", photos, "--methods", "pull-push", "--size", 16)
    assert str(photos / "cut.png") in message
