"""What every method promises: better than nothing, the same twice, no look at the truth."""

import sys

import numpy as np
import pytest

from deepgin.errors import DeepginError, PictureError, UsageError
from deepgin.evaluation.methods import METHODS, method, methods
from deepgin.evaluation.methods.base import guarded, plain
from deepgin.evaluation.methods.classical import PHOTO, XPHOTO
from deepgin.metrics import psnr
from deepgin.weights import Model

PACKAGES = dict.fromkeys((*PHOTO, *XPHOTO), "cv2")
PACKAGES |= {"biharmonic": "skimage", "patchmatch": "patchmatch"}
SPECS = (*METHODS, "deepgin:crop", "deepgin:polyphase+degrid", "deepgin:direct+ensemble")
SPECS += ("deepgin:texture", "deepgin:crop+texture", "pull-push+texture", "telea+texture")


def made(spec):
    """Return a method, or skip where its package is missing."""
    kind = spec.removesuffix("+texture")
    if kind in PACKAGES:
        package = pytest.importorskip(PACKAGES[kind])
        if kind in XPHOTO and not hasattr(package, "xphoto"):
            pytest.skip("this OpenCV lacks its contrib part")
    return method(spec)


def in_hole(filled, picture, hole):
    """PSNR of the hole alone."""
    return psnr(filled[hole][None], picture[hole][None])


@pytest.mark.parametrize("spec", SPECS)
def test_every_method(spec, scene, recwarn):
    picture, hole = scene
    one = made(spec)
    before = picture.copy(), hole.copy()
    filled, fit = one.fill(picture, hole)
    assert (filled.shape, filled.dtype) == (picture.shape, np.uint8)
    assert filled.flags.writeable
    np.testing.assert_array_equal(picture, before[0])
    np.testing.assert_array_equal(hole, before[1])
    assert one.name == spec
    assert "\n" not in one.what
    assert bool(fit) == ("deepgin" in spec or "texture" in spec)
    # The mean colour stands at 12.9 dB, white at 6; the wrong polarity leaves what hides the hole.
    baseline = in_hole(np.full_like(picture, 255), picture, hole)
    if spec != "mean":
        baseline = in_hole(method("mean").fill(picture, hole)[0], picture, hole)
    assert in_hole(filled, picture, hole) > baseline + 0.3
    # The same twice, whatever stands in the hole and in arrays that may be written.
    other = np.where(hole[..., None], np.uint8([255, 0, 255]), picture)
    again, fit_again = one.fill(other, hole.copy())
    np.testing.assert_array_equal(again, filled)
    assert fit_again == fit
    assert not recwarn.list


def test_patchmatch_has_a_seed_of_its_own(scene):
    package = pytest.importorskip("patchmatch")
    one = method("patchmatch")
    first, _ = one.fill(*scene)
    package.set_random_seed(99)
    assert (package.inpaint(scene[0], scene[1], patch_size=3) != first).any()
    np.testing.assert_array_equal(one.fill(*scene)[0], first)


@pytest.mark.slow
def test_best_frequency_selective(scene):
    picture, hole = scene[0][16:64, 16:64], scene[1][16:64, 16:64]
    filled, _ = made("fsr-best").fill(picture, hole)
    assert in_hole(filled, picture, hole) > 14


def test_mean_colour(photo):
    picture, hole = photo(8, 9), np.zeros((8, 9), np.bool_)
    hole[2:5, 3:] = True
    expected = np.where(hole[..., None], np.floor(picture[~hole].mean(0) + 0.5), picture)
    np.testing.assert_array_equal(method("mean").fill(picture, hole)[0], expected)


def test_what_shift_map_leaves_is_filled():
    # Half of a small picture in one piece: hardly an offset leads out of it.
    picture, hole = np.full((16, 16, 3), (200, 150, 90), np.uint8), np.zeros((16, 16), np.bool_)
    hole[:, :8] = True
    filled, _ = made("shift-map").fill(picture, hole)
    assert np.abs(filled.astype(int) - picture).max() <= 8


def test_what_methods_are(weights):
    result = methods("deepgin:crop,mine=deepgin:direct+degrid,telea", Model(weights))
    assert [one.name for one in result] == ["deepgin:crop", "mine", "telea"]
    assert "fit crop, weights tiny.safetensors (deepgin-prefill, width 4" in result[0].what
    assert "fit direct, degrid, weights" in result[1].what
    assert "INPAINT_TELEA, radius 5" in result[2].what


def test_a_network_is_loaded_once(weights, tmp_path, monkeypatch):
    from deepgin.evaluation.methods import ours

    loaded = []
    real = ours.Inpainter

    def counted(model, **options):
        loaded.append(model.weights.name)
        return real(model, **options)

    monkeypatch.setattr(ours, "Inpainter", counted)
    other = tmp_path / "other.safetensors"
    other.write_bytes(weights.read_bytes())
    text = (
        f"deepgin,deepgin:crop,a=deepgin:direct@{other},b=deepgin:crop@{other},c=deepgin@{weights}"
    )
    assert len(methods(text, Model(weights))) == 5
    assert loaded == ["tiny.safetensors", "other.safetensors"]


def test_sharpness_by_word_and_by_default(stages, weights, scene):
    text = f"deepgin,deepgin:crop+sharpness=0.25,b=deepgin:sharpness=1,c=deepgin@{weights}"
    result = methods(text, Model(stages.both, sharpness=0.0))
    sharpness = [one.what.partition("), ")[2].rpartition(",")[0] for one in result]
    assert sharpness[:3] == ["sharpness 0.0", "sharpness 0.25", "sharpness 1.0"]
    assert "sharpness" not in result[3].what
    soft = method(f"deepgin@{stages.soft}").fill(*scene)[0]
    sharp = method(f"deepgin@{stages.sharp}").fill(*scene)[0]
    np.testing.assert_array_equal(result[0].fill(*scene)[0], soft)
    np.testing.assert_array_equal(result[2].fill(*scene)[0], sharp)
    assert (soft != sharp).any()
    assert "sharpness 0.25" in method("deepgin", Model(stages.both)).what


@pytest.mark.parametrize("sharpness", ["0.5", "2"])
def test_a_sharpness_that_weights_cannot_have(weights, sharpness):
    with pytest.raises(UsageError):
        method(f"deepgin:sharpness={sharpness}@{weights}")


def test_networks_that_are_not_measured(tmp_path):
    from deepgin.network import build, variant, variants
    from deepgin.weights import save

    guided = next(name for name in variants() if variant(name).guidance)
    save(build(guided, 4), tmp_path / "guided.safetensors")
    with pytest.raises(UsageError):
        method(f"deepgin@{tmp_path}/guided.safetensors")
    with pytest.raises(UsageError):
        method("deepgin", Model(build("std", 4)))


@pytest.mark.parametrize(
    ("spec", "package"),
    [("telea", "cv2"), ("biharmonic", "skimage.restoration"), ("patchmatch", "patchmatch")],
)
def test_a_package_that_is_not_installed(spec, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(DeepginError, match=spec) as raised:
        method(spec)
    assert "deepgin[evaluate]" in raised.value.mend


@pytest.mark.parametrize(
    ("spec", "package", "lacking"),
    [("shift-map", "cv2", "xphoto"), ("patchmatch", "patchmatch", "patchmatch_available")],
)
def test_a_package_without_its_parts(spec, package, lacking, monkeypatch):
    monkeypatch.delattr(pytest.importorskip(package), lacking, raising=False)
    with pytest.raises(DeepginError, match=spec):
        method(spec)


def test_nothing_and_everything_missing(scene):
    picture, _ = scene
    for spec in ("deepgin", "mean"):
        one = method(spec)
        filled, _ = one.fill(picture, np.zeros((96, 96), np.bool_))
        np.testing.assert_array_equal(filled, picture)
        with pytest.raises(PictureError, match=spec):
            one.fill(picture, np.ones((96, 96), np.bool_))


@pytest.mark.parametrize(
    ("picture", "hole"),
    [
        (np.zeros((4, 4, 3)), np.eye(4, dtype=np.bool_)),
        (np.zeros((4, 4), np.uint8), np.eye(4, dtype=np.bool_)),
        (np.zeros((4, 4, 3), np.uint8), np.eye(4, dtype=np.uint8)),
        (np.zeros((4, 4, 3), np.uint8), np.eye(5, dtype=np.bool_)),
    ],
)
def test_the_guard_refuses_wrong_arrays(picture, hole):
    with pytest.raises(UsageError):
        method("mean").fill(picture, hole)


@pytest.mark.parametrize(
    "returned", [MemoryError("a\nb"), None, np.zeros((96, 96, 3)), np.zeros((3, 96, 96), np.uint8)]
)
def test_the_guard_turns_any_failure_into_a_line(scene, returned):
    def odd(picture, hole):
        if isinstance(returned, Exception):
            raise returned
        return returned

    with pytest.raises(DeepginError, match="odd") as raised:
        guarded("odd", plain(odd))(*scene)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("hidden", [0, 127, None])
def test_the_guard_hides_the_truth(scene, hidden):
    picture, hole = scene
    filled, _ = guarded("echo", plain(lambda picture, _: picture), hidden)(picture, hole)
    expected = picture[hole] if hidden is None else np.full_like(picture[hole], hidden)
    np.testing.assert_array_equal(filled[hole], expected)
    np.testing.assert_array_equal(filled[~hole], picture[~hole])
