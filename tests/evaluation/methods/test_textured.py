"""Texture as a word of our own methods, and over those of others."""

import numpy as np
import pytest

from deepgin import Inpainter
from deepgin.errors import DeepginError, PictureError
from deepgin.evaluation.methods import method, methods
from deepgin.inpainting import Options
from deepgin.inpainting.textured import texture_over


@pytest.fixture
def plugged(tmp_path, monkeypatch):
    """Writes a module of the current folder."""

    def write(name, text):
        (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.chdir(tmp_path)
        monkeypatch.syspath_prepend(tmp_path)
        return name

    return write


def test_by_default_the_network_fills_alone(scene, stages):
    alone, users = methods("deepgin,deepgin:texture", weights=stages.both)
    inpainter = Inpainter(stages.both)
    off = inpainter.run(*scene, options=Options(texture="off"))
    default = inpainter.run(*scene)
    np.testing.assert_array_equal(alone.fill(*scene)[0], off.array())
    np.testing.assert_array_equal(users.fill(*scene)[0], default.array())
    assert (alone.fill(*scene)[1], users.fill(*scene)[1]) == (off.fit, default.fit)
    assert (off.array() != default.array()).any()


def test_thin_holes_get_texture_too(scene, weights):
    thin = np.zeros_like(scene[1])
    thin[40:43, 20:70] = True
    found = methods("deepgin,deepgin:texture,deepgin:crop+texture", weights=weights)
    fits = [one.fill(scene[0], thin)[1] for one in found]
    assert [fit.startswith("texture") for fit in fits] == [False, True, True]


def test_the_sharpness_under_texture(stages, weights):
    text = "deepgin:texture,deepgin:crop+texture,deepgin:crop,deepgin:texture+sharpness=0.25"
    found = methods(text, weights=stages.both)
    told = [one.what.partition("), ")[2].rpartition(",")[0] for one in found]
    assert told == ["sharpness 0.0", "sharpness 0.0", "sharpness 0.25", "sharpness 0.25"]
    assert "sharpness" not in method("deepgin:texture", weights=weights).what
    [asked] = methods("deepgin:texture", weights=stages.both, sharpness=0.5)
    assert "sharpness 0.5, " in asked.what


def test_another_fill_is_the_guide_at_full_size(scene):
    guide, fit = method("pull-push").fill(*scene)
    filled, told = method("pull-push+texture").fill(*scene)
    expected = texture_over(*scene, guide, "pull-push")
    assert (fit, told) == ("", expected.fit)
    assert told.startswith("texture in 1 part,")
    assert told.endswith("over pull-push")
    np.testing.assert_array_equal(filled, expected.picture)
    np.testing.assert_array_equal(filled[~scene[1]], scene[0][~scene[1]])
    assert (filled[scene[1]] != guide[scene[1]]).any()


def test_functions_and_files_take_it(scene, plugged, onnx_network):
    module = plugged("flat_fill", "def fill(picture, hole):\n    return picture * 0 + 90\n")
    found = methods(f"python:{module}:fill+texture,python:{module}:fill,t=mean+texture")
    assert [one.name for one in found] == ["fill+texture", "fill", "t"]
    filled, fit = found[0].fill(*scene)
    assert fit.endswith("over python")
    np.testing.assert_array_equal(filled[~scene[1]], scene[0][~scene[1]])
    echo = onnx_network(
        [("Mul", ["image", "one"], ["out"], {}), ("Identity", ["mask"], ["rest"], {})],
        [("image", 1, [1, 3, "h", "w"]), ("mask", 1, [1, 1, "h", "w"])],
        [("out", 1, [1, 3, "h", "w"]), ("rest", 1, [1, 1, "h", "w"])],
        {"one": np.float32(1)},
    )
    network = method(f"onnx:{echo}+texture,hole=1,range=0..1,masked=grey")
    assert network.name == "net+texture"
    assert network.fill(*scene)[1].endswith("over onnx")


def test_what_is_given_to_a_function_under_texture(scene, plugged):
    text = (
        "seen = []\n"
        "def fill(picture, hole):\n"
        "    seen.append(picture[hole].copy())\n"
        "    picture[:], hole[:] = 0, True\n"
        "    return picture\n"
    )
    module = plugged("spying_fill", text)
    methods_of = [f"python:{module}:fill+texture", f"a=python:{module}:fill+texture,masked=keep"]
    filled = [method(spec).fill(*scene)[0] for spec in methods_of]
    import spying_fill

    assert not spying_fill.seen[0].any()
    np.testing.assert_array_equal(spying_fill.seen[1], scene[0][scene[1]])
    np.testing.assert_array_equal(filled[0], filled[1])


def test_errors_name_the_method(scene, plugged):
    module = plugged("broken_fill", "def fill(picture, hole):\n    raise ValueError('no')\n")
    one = method(f"mine=python:{module}:fill+texture")
    with pytest.raises(DeepginError, match="^mine.*ValueError: no$"):
        one.fill(*scene)
    with pytest.raises(PictureError, match="^telea.texture"):
        method("telea+texture").fill(scene[0], np.ones_like(scene[1]))
    nothing = np.zeros_like(scene[1])
    np.testing.assert_array_equal(method("mean+texture").fill(scene[0], nothing)[0], scene[0])
