"""`deepgin evaluate`: the table, the report's files, going on, and wrong use."""

import csv
import json

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file, save_file

from deepgin.evaluation.scores import Report
from deepgin.testsets import EvaluationSet

KINDS = ("rectangle", "freeform", "cellular")
QUICK = ["--methods", "pull-push", "--size", 32]


@pytest.fixture
def photos(tmp_path, photo):
    folder = tmp_path / "photos"
    (folder / "inner").mkdir(parents=True)
    Image.fromarray(photo(40, 56)).save(folder / "one.png")
    Image.fromarray(photo(48, 36, seed=1)).save(folder / "inner" / "two.jpg")
    return folder


def test_a_table_without_a_report(deepgin, photos, weights, tmp_path, files_in):
    before = files_in(tmp_path)
    arguments = ["--methods", "deepgin,pull-push", "--size", 32, "--weights", weights]
    code, out, _ = deepgin("evaluate", "--data", photos, *arguments)
    assert code == 0
    assert files_in(tmp_path) == before
    for name in ("deepgin", "pull-push", *KINDS):
        assert name in out
    for kind in KINDS:
        assert EvaluationSet(photos, 32).masks(kind).hash[:16] in out
    command = "deepgin evaluate --data PHOTOS --masks rectangle,freeform,cellular"
    assert f"{command} --methods deepgin,pull-push --size 32" in out
    assert f"--weights {weights.name}" in out


def test_the_report(deepgin, photos, tmp_path):
    out = tmp_path / "report"
    arguments = ["--data", photos, "--methods", "pull-push,mean", "--size", 32, "-o", out]
    code, printed, _ = deepgin("evaluate", *arguments)
    assert code == 0
    assert f"The report is {out / 'report.html'}" in printed
    report = Report.read(out / "report.json")
    hashes = EvaluationSet(photos, 32).hashes()
    assert (report.pictures["hash"], report.pictures["count"]) == (hashes[0], 2)
    assert {name: one["hash"] for name, one in report.masks.items()} == hashes[1]
    assert set(report.versions) > {"deepgin", "torch", "numpy"}
    assert len(report.scores) == 2 * 2 * 3
    rows = list(csv.DictReader((out / "scores.csv").open(newline="")))
    assert len(rows) == 12
    for row, score in zip(rows, report.scores, strict=True):
        assert (row["method"], row["masks"], row["picture"]) == (
            score.method,
            score.masks,
            score.picture,
        )
        assert float(row["psnr"]) == score.values["psnr"]
    assert "<html" in (out / "report.html").read_text(encoding="utf-8")
    assert (out / "report.md").read_text(encoding="utf-8").strip() in printed
    names = {"inner/two.jpg.png", "one.png"}
    for what in ("truth", "hole/freeform", "mean/cellular"):
        folder = out / "pictures" / what
        found = {p.relative_to(folder).as_posix() for p in folder.rglob("*.png")}
        assert found == names


def test_measuring_goes_on(deepgin, photos, tmp_path):
    out = ["-o", tmp_path / "report", "--data", photos]
    deepgin("evaluate", *out, *QUICK)
    first = Report.read(tmp_path / "report" / "report.json")
    code, _, err = deepgin("evaluate", *out, "--methods", "mean,pull-push", "--size", 32)
    assert code == 0
    assert "6 are done" in err
    both = Report.read(tmp_path / "report" / "report.json")
    assert [s for s in both.scores if s.method == "pull-push"] == [*first.scores]
    assert len(both.scores) == 12
    # Of something else it is not mixed in, unless one says that the old is not wanted.
    code, _, err = deepgin("evaluate", *out, "--methods", "mean", "--size", 16)
    assert (code, "other pictures: add --overwrite" in err) == (2, True)
    assert deepgin("evaluate", *out, "--methods", "mean", "--size", 16, "--overwrite")[0] == 0


def test_two_sharpnesses_in_one_report(deepgin, photos, stages, tmp_path):
    arguments = ["--data", photos, "--size", 32, "--weights", stages.both, "-o", tmp_path / "r"]
    methods = ["--methods", "deepgin,deepgin:sharpness=1"]
    code, out, err = deepgin("evaluate", *arguments, *methods, "--sharpness", 0)
    assert code == 0, err
    assert "--weights both.safetensors --sharpness 0.0" in out
    report = Report.read(tmp_path / "r" / "report.json")
    assert "sharpness 0.0" in report.methods["deepgin"]
    assert "sharpness 1.0" in report.methods["deepgin:sharpness=1"]
    by_method = {
        one: [s.values for s in report.scores if s.method == one] for one in report.methods
    }
    assert by_method["deepgin"] != by_method["deepgin:sharpness=1"]
    # The default is another one: under its old name it is not mixed in.
    code, _, err = deepgin("evaluate", *arguments, "--methods", "deepgin")
    assert (code, "results of another 'deepgin'" in err) == (2, True)


def test_original_size_and_masks_by_hand(deepgin, photos, tmp_path):
    made = tmp_path / "made"
    (made / "inner").mkdir(parents=True)
    for name, size in (("one.png", (56, 40)), ("inner/two_mask.png", (36, 48))):
        mask = Image.new("L", size)
        mask.paste(255, (10, 10, 20, 20))
        mask.save(made / name)
    arguments = ["--masks", f"{made},freeform-thin", "--methods", "mean", "--size", "original"]
    code, _, _ = deepgin("evaluate", "--data", photos, *arguments, "-o", tmp_path / "r")
    assert code == 0
    report = Report.read(tmp_path / "r" / "report.json")
    assert [(s.masks, s.width, s.height) for s in report.scores] == [
        ("made", 36, 48),
        ("freeform-thin", 36, 48),
        ("made", 56, 40),
        ("freeform-thin", 56, 40),
    ]
    assert report.scores[0].coverage == 100 / (36 * 48)


def test_looks_of_blobs(deepgin, photos, vgg19, tmp_path):
    out = ["-o", tmp_path / "r", "--data", photos, "--masks", "blob", "--methods", "pull-push,mean"]
    arguments = [*out, "--size", "original", "--metrics", "psnr,laplacian", "--vgg", vgg19]
    code, printed, err = deepgin("evaluate", *arguments)
    assert code == 0, err
    assert f"--metrics psnr,laplacian --vgg {vgg19.name}" in printed
    report = Report.read(tmp_path / "r" / "report.json")
    assert list(report.metrics) == ["psnr", "laplacian", "vgg", "style"]
    assert report.metrics["laplacian"]["better"] == "nearer 1"
    assert len(report.scores) == 4
    for score in report.scores:
        assert set(score.values) == set(report.metrics)
        assert min(score.values["vgg"], score.values["style"]) > 0
        assert score.values["laplacian"] < (0.01 if score.method == "mean" else 0.9)
    # Of other weights it is another metric.
    state = {name: value * 1.5 for name, value in load_file(vgg19).items()}
    save_file(state, tmp_path / "other.safetensors")
    code, _, err = deepgin("evaluate", *arguments[:-1], tmp_path / "other.safetensors")
    assert (code, "other metrics" in err) == (2, True)


def test_failures_are_told_and_the_rest_is_measured(deepgin, photos, tmp_path):
    (photos / "cut.png").write_bytes((photos / "one.png").read_bytes()[:400])
    code, out, err = deepgin("evaluate", "--data", photos, *QUICK, "-o", tmp_path / "r")
    assert code == 0
    report = Report.read(tmp_path / "r" / "report.json")
    assert [name for name, _ in report.left_out] == ["cut.png"]
    assert report.pictures["count"] == 2
    assert "cut.png" in out + err


def test_json_survives_infinity(deepgin, tmp_path):
    (tmp_path / "flat").mkdir()
    Image.fromarray(np.full((40, 40, 3), 90, np.uint8)).save(tmp_path / "flat" / "<b>.png")
    out = tmp_path / "r"
    code, printed, _ = deepgin("evaluate", "--data", tmp_path / "flat", *QUICK, "-o", out)
    assert code == 0
    assert "infinite" in printed
    json.loads((out / "report.json").read_text(), parse_constant=None)
    assert "<b>.png" not in (out / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--methods", "pull-push,tela"], 2, ["'tela'", "did you mean 'telea'?", "pull-push"]),
        (["--methods", ""], 2, ["--methods"]),
        (["--methods", "mean", "--masks", "squares"], 2, ["'squares'", "rectangle", "folder"]),
        (["--methods", "mean", "--size", "0"], 2, ["--size 0", "original"]),
        (["--methods", "mean", "--size", "big"], 2, ["--size big"]),
        (["--methods", "mean", "--limit", "-1"], 2, ["-1"]),
        (["--methods", "mean", "--metrics", "pnsr"], 2, ["did you mean 'psnr'"]),
        (["--methods", "mean", "--metrics", "psnr,vgg"], 2, ["'vgg'", "--vgg FILE"]),
        (["--methods", "mean", "--vgg", "no.safetensors"], 1, ["no.safetensors"]),
        (["--methods", "mean", "--fid", "inception"], 2, ["--output REPORT"]),
        (["--methods", "deepgin", "--weights", "no.safetensors"], 1, ["no.safetensors"]),
        (["--methods", "deepgin", "--device", "potato"], 2, ["'potato'"]),
        (["--methods", "deepgin", "--precision", "half"], 2, ["'half'"]),
        (["--methods", "deepgin", "--sharpness", "2"], 2, ["sharpness 2.0 does not work"]),
    ],
)
def test_wrong_use(fails, files_in, photos, tmp_path, options, code, words):
    before = files_in(tmp_path)
    message = fails(code, "evaluate", "--data", photos, *options)
    for word in words:
        assert word in message
    assert files_in(tmp_path) == before


@pytest.mark.parametrize("inside", [".", "report", "a/report"])
def test_a_report_among_the_pictures_is_refused(fails, files_in, photos, inside):
    before = files_in(photos)
    message = fails(2, "evaluate", "--data", photos, *QUICK, "-o", photos / inside)
    assert "whose pictures are measured: choose another folder" in message
    assert files_in(photos) == before


@pytest.mark.parametrize(
    ("name", "word"), [("empty", "no pictures"), ("missing", "no such folder")]
)
def test_no_pictures(fails, tmp_path, name, word):
    (tmp_path / "empty").mkdir()
    message = fails(1, "evaluate", "--data", tmp_path / name, "--methods", "pull-push")
    assert str(tmp_path / name) in message
    assert word in message
