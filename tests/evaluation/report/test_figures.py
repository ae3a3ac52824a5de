"""Which pictures are shown, and how they come into the page."""

import base64
import io
import math

import numpy as np
import pytest
from PIL import Image

from deepgin.evaluation.report.cases import Cases
from deepgin.evaluation.report.figures import embedded, extremes, figures


def save(path, colour, size=(8, 6)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def opened(source):
    kind, data = source.split(",")
    assert kind == "data:image/webp;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


def ranked(score, report_of, values):
    return Cases(report_of([score(picture=f"{v}.png", psnr=v) for v in values]))


def test_worst_median_and_best(score, report_of):
    cases = ranked(score, report_of, [30, 10, math.inf, 20, 25])
    assert extremes(cases, "rectangle", "ours", "psnr") == [
        ("worst", "10.png"),
        ("median", "25.png"),
        ("best", "inf.png"),
    ]
    assert extremes(cases, "my masks", "ours", "psnr") == []


def test_lower_may_be_better(score, report_of):
    cases = ranked(score, report_of, [10, 20, 40])  # l1 is 1 / psnr
    assert extremes(cases, "rectangle", "ours", "l1")[0] == ("worst", "10.png")


def test_nearer_1_may_be_better(score, report_of):
    shares = {"a": 0.1, "b": 1.2, "c": 2.5}
    cases = Cases(report_of([score(picture=p, values={"share": v}) for p, v in shares.items()]))
    assert extremes(cases, "rectangle", "ours", "share") == [
        ("worst", "c"),
        ("median", "a"),
        ("best", "b"),
    ]


@pytest.mark.parametrize(("count", "which"), [(1, ["only"]), (2, ["worst", "best"])])
def test_few_pictures(score, report_of, count, which):
    cases = ranked(score, report_of, range(10, 10 + count))
    assert [w for w, _ in extremes(cases, "rectangle", "ours", "psnr")] == which


def test_hole_methods_and_truth_in_this_order(score, report_of, tmp_path):
    scores = [
        score(picture="in/a.jpg", psnr=21.0),
        score("telea", picture="in/a.jpg", psnr=None, error="no"),
        score("mean", picture="in/a.jpg", psnr=18.0),
    ]
    save(tmp_path / "hole/rectangle/in/a.jpg.png", "white")
    save(tmp_path / "ours/rectangle/in/a.jpg.png", (200, 0, 0))
    save(tmp_path / "truth/in/a.jpg.png", (0, 0, 200))
    cases = Cases(report_of(scores))
    (figure,) = figures(cases, "rectangle", "ours", "psnr", tmp_path)
    assert [(p.label, p.caption, bool(p.source)) for p in figure.panels] == [
        ("hole", "", True),
        ("ours", "21.00 dB", True),
        ("telea", "failed", False),
        ("mean", "18.00 dB", False),  # its picture is not there
        ("truth", "", True),
    ]
    colour = np.asarray(opened(figure.panels[1].source).convert("RGB")).mean((0, 1))
    assert np.abs(colour - (200, 0, 0)).max() < 6


def test_large_pictures_come_small(tmp_path):
    save(tmp_path / "a.png", "red", (1000, 400))
    assert opened(embedded(tmp_path, "a.png")).size == (256, 102)


def test_small_pictures_stay_as_they_are(tmp_path):
    save(tmp_path / "a.png", "red", (20, 10))
    assert opened(embedded(tmp_path, "a.png")).size == (20, 10)


@pytest.mark.parametrize("inside", ["../secret.png", "x/../../secret.png", "none.png", ""])
def test_what_lies_elsewhere_or_nowhere_is_not_shown(tmp_path, inside):
    save(tmp_path / "secret.png", "red")
    (tmp_path / "pictures").mkdir()
    assert embedded(tmp_path / "pictures", inside) == ""


def test_a_damaged_picture_is_not_shown(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no picture")
    assert embedded(tmp_path, "a.png") == ""


def test_without_a_folder_there_are_none(full, tmp_path):
    assert figures(Cases(full), "rectangle", "ours", "psnr", tmp_path / "none") == []
