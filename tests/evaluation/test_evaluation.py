"""Which pictures under which masks, the running of methods, and the report of it."""

import math

import numpy as np
import pytest
from PIL import Image

from deepgin.errors import DeepginError, UsageError
from deepgin.evaluation.methods import METHODS, method
from deepgin.evaluation.protocol import Protocol
from deepgin.evaluation.report import markdown
from deepgin.evaluation.runner import Score, run
from deepgin.masks import KINDS, MaskSet
from deepgin.metrics import psnr
from deepgin.pictures import centre_square, read_rgb

NAMES = ["a/z.png", "b.png", "c.png"]
# Hashes of the masks of three pictures at 32: frozen, as published figures stand on them.
HASHES = {
    "rectangle": "f91d6811922060e1",
    "freeform": "af81fcdcea43976d",
    "cellular": "da05b3ded670e90e",
}


@pytest.fixture
def folder(tmp_path, photo):
    (tmp_path / "a").mkdir()
    for seed, name in enumerate(NAMES):
        Image.fromarray(photo(36 + seed, 44, seed)).save(tmp_path / name)
    return tmp_path


def test_order(folder):
    protocol = Protocol(folder, 32)
    assert protocol.pictures() == [folder / name for name in NAMES]
    assert Protocol(folder, 32, limit=2).pictures() == [folder / NAMES[0], folder / NAMES[2]]


def test_truth_is_the_centre_square(folder):
    found = Protocol(folder, 32).truth(folder / "b.png")
    np.testing.assert_array_equal(found, centre_square(read_rgb(folder / "b.png"), 32))
    assert (found.shape, found.dtype) == ((32, 32, 3), np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_masks_are_frozen(folder, kind):
    masks = Protocol(folder, 32).masks(kind)
    assert masks == MaskSet(kind, (32, 32), 3, "validation")
    assert masks.hash[:16] == HASHES[kind]


def test_masks_of_fewer_pictures_are_the_first_ones(folder):
    some, all_of_them = (Protocol(folder, 32, limit=n).masks("freeform") for n in (2, 0))
    for i in range(2):
        np.testing.assert_array_equal(some[i], all_of_them[i])


@pytest.mark.parametrize("options", [{"kinds": ("squares",)}, {"size": 0}, {"size": -5}])
def test_what_cannot_be_is_refused_at_once(tmp_path, options):
    with pytest.raises(UsageError):
        Protocol(tmp_path / "not looked at", **options)


class Vandal:
    """Fills holes with one colour and changes every valid pixel; keeps what it was given."""

    def __init__(self):
        self.seen = []

    def __call__(self, picture, hole):
        self.seen.append((picture.copy(), hole.copy()))
        return np.where(hole[..., None], np.uint8(50), 255 - picture)


def test_valid_pixels_are_restored_before_measuring(folder):
    protocol = Protocol(folder, 32, ("rectangle", "cellular"))
    vandal, kept, told = Vandal(), [], []
    scores = run(protocol, {"vandal": vandal}, told.append, lambda *facts: kept.append(facts))
    assert [(score.method, score.kind) for score in scores] == [
        ("vandal", "rectangle"),
        ("vandal", "cellular"),
    ]
    truths = [protocol.truth(path) for path in protocol.pictures()]
    for score in scores:
        masks, values = protocol.masks(score.kind), []
        for i, truth in enumerate(truths):
            expected = np.where(masks[i][..., None], np.uint8(50), truth)
            values.append(psnr(expected, truth))
            name, kind, path, completed = kept.pop(0)
            assert (name, kind, path) == ("vandal", score.kind, folder / NAMES[i])
            np.testing.assert_array_equal(completed, expected)
            picture, hole = vandal.seen.pop(0)
            np.testing.assert_array_equal(picture, truth)
            np.testing.assert_array_equal(hole, masks[i])
        assert score.psnr == pytest.approx(np.mean(values))
        assert score.seconds >= 0
        assert f"vandal on {score.kind}: {score.psnr:.2f} dB" in told
    assert not kept
    assert not vandal.seen


def test_every_method_meets_the_same_masks(folder):
    one, two = Vandal(), Vandal()
    run(Protocol(folder, 32), {"one": one, "two": two})
    for a, b in zip(one.seen, two.seen, strict=True):
        np.testing.assert_array_equal(a[0], b[0])
        np.testing.assert_array_equal(a[1], b[1])


def test_perfect_method_scores_infinity(folder):
    [score] = run(Protocol(folder, 32, ("rectangle",)), {"cheat": lambda picture, hole: picture})
    assert score.psnr == math.inf


def test_report(folder):
    protocol = Protocol(folder, 32, ("rectangle", "freeform"))
    scores = [
        Score("ours", "rectangle", 20.125, 0.5),
        Score("theirs", "rectangle", 19, 0.25),
        Score("ours", "freeform", 18.5, 1.5),
        Score("theirs", "freeform", math.inf, 0.25),
    ]
    lines = markdown(protocol, scores, "deepgin evaluate X").splitlines()
    assert lines[:5] == [
        "| method | rectangle | freeform | seconds a picture |",
        "|---|---:|---:|---:|",
        "| ours | 20.12 | 18.50 | 1.000 |",
        "| theirs | 19.00 | inf | 0.250 |",
        "",
    ]
    [definition] = lines[5:]
    assert "PSNR in dB" in definition
    assert "mean over 3 pictures" in definition
    assert "Lanczos to 32" in definition
    assert f"rectangle `{HASHES['rectangle']}`, freeform `{HASHES['freeform']}`" in definition
    assert "cellular" not in definition
    assert "`deepgin evaluate X`" in definition


@pytest.fixture
def scene():
    """A smooth slope with a hole, both read-only as arrays from Pillow are."""
    slope = np.linspace(40, 200, 32, dtype=np.uint8)
    picture = np.repeat(np.repeat(slope[:, None, None], 32, 1), 3, 2)
    picture = picture + np.array([0, 10, 20], np.uint8)
    hole = np.zeros((32, 32), np.bool_)
    hole[10:22, 12:20] = True
    picture.flags.writeable = hole.flags.writeable = False
    return picture, hole


@pytest.mark.parametrize("name", METHODS)
def test_methods_fill_holes(name, scene, weights, recwarn):
    if name not in ("deepgin", "pull-push"):
        cv2 = pytest.importorskip("cv2")
        if name == "fsr-fast" and not hasattr(cv2, "xphoto"):
            pytest.skip("this OpenCV lacks its contrib part")
    picture, hole = scene
    spoilt = np.where(hole[..., None], np.array([255, 0, 255], np.uint8), picture)
    found = method(name, weights)(spoilt, hole)
    assert (found.shape, found.dtype) == (picture.shape, np.uint8)
    completed = np.where(hole[..., None], found, picture)
    worst = {"deepgin": 20}.get(name, 35)  # the network's weights are random
    assert psnr(completed, picture) > worst
    assert not recwarn.list


def test_unknown_method():
    with pytest.raises(UsageError, match="did you mean 'telea'") as raised:
        method("tela")
    for name in METHODS:
        assert name in str(raised.value)


def test_opencv_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "cv2", None)
    with pytest.raises(DeepginError, match=r"deepgin\[evaluate\]"):
        method("telea")


def test_opencv_without_its_contrib_part(monkeypatch):
    cv2 = pytest.importorskip("cv2")
    monkeypatch.delattr(cv2, "xphoto", raising=False)
    with pytest.raises(DeepginError, match="contrib"):
        method("fsr-fast")
