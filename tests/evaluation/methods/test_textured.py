"""Texture as a word of our own methods, and over those of others."""

import numpy as np
import pytest

from deepgin import Inpainter
from deepgin.errors import DeepginError, PictureError
from deepgin.evaluation.methods import method, methods
from deepgin.inpainting import Options
from deepgin.inpainting.textured import texture_over
from deepgin.weights import Model

MODULE = """
seen = []

def spy(picture, hole):
    seen.append(picture[hole].copy())
    picture[:], hole[:] = 0, True
    return picture

def broken(picture, hole):
    raise ValueError('no')
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module of the current folder."""
    (tmp_path / "spying_fill.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    return "spying_fill"


def test_by_default_the_network_fills_alone(scene, stages):
    alone, users = methods("deepgin,deepgin:texture", Model(stages.both))
    inpainter = Inpainter(stages.both)
    off = inpainter.run(*scene, options=Options(texture="off"))
    default = inpainter.run(*scene)
    np.testing.assert_array_equal(alone.fill(*scene)[0], off.array())
    np.testing.assert_array_equal(users.fill(*scene)[0], default.array())
    assert (alone.fill(*scene)[1], users.fill(*scene)[1]) == (off.fit, default.fit)
    assert (off.array() != default.array()).any()


def test_the_sharpness_under_texture(stages, weights):
    text = "deepgin:texture,deepgin:crop+texture,deepgin:crop,deepgin:texture+sharpness=0.25"
    result = methods(text, Model(stages.both))
    sharpness = [one.what.partition("), ")[2].rpartition(",")[0] for one in result]
    assert sharpness == ["sharpness 0.0", "sharpness 0.0", "sharpness 0.25", "sharpness 0.25"]
    assert "sharpness" not in method("deepgin:texture", Model(weights)).what
    [asked] = methods("deepgin:texture", Model(stages.both, sharpness=0.5))
    assert "sharpness 0.5, " in asked.what


def test_another_fill_is_the_guide_at_full_size(scene):
    guide, fit = method("pull-push").fill(*scene)
    filled, texture = method("pull-push+texture").fill(*scene)
    expected = texture_over(*scene, guide, "pull-push")
    assert (fit, texture) == ("", expected.fit)
    assert texture.startswith("texture in 1 part,")
    assert texture.endswith("over pull-push")
    np.testing.assert_array_equal(filled, expected.picture)
    np.testing.assert_array_equal(filled[~scene[1]], scene[0][~scene[1]])
    assert (filled[scene[1]] != guide[scene[1]]).any()


def test_files_take_it(scene, onnx_network):
    echo = onnx_network(
        [("Mul", ["image", "one"], ["out"], {}), ("Identity", ["mask"], ["rest"], {})],
        [("image", 1, [1, 3, "h", "w"]), ("mask", 1, [1, 1, "h", "w"])],
        [("out", 1, [1, 3, "h", "w"]), ("rest", 1, [1, 1, "h", "w"])],
        {"one": np.float32(1)},
    )
    network = method(f"onnx:{echo}+texture,hole=1,range=0..1,masked=grey")
    assert network.name == "net+texture"
    assert network.fill(*scene)[1].endswith("over onnx")


def test_functions_take_it(scene, module):
    specs = f"python:{module}:spy+texture,a=python:{module}:spy+texture,masked=keep"
    one, other = methods(specs)
    (filled, fit), (again, _) = one.fill(*scene), other.fill(*scene)
    import spying_fill

    assert not spying_fill.seen[0].any()
    np.testing.assert_array_equal(spying_fill.seen[1], scene[0][scene[1]])
    np.testing.assert_array_equal(filled, again)
    np.testing.assert_array_equal(filled[~scene[1]], scene[0][~scene[1]])
    assert (one.name, fit.endswith("over python")) == ("spy+texture", True)
    with pytest.raises(DeepginError, match="^mine.*ValueError: no$"):
        method(f"mine=python:{module}:broken+texture").fill(*scene)


def test_all_and_nothing_missing(scene):
    with pytest.raises(PictureError, match="^telea.texture"):
        method("telea+texture").fill(scene[0], np.ones_like(scene[1]))
    nothing = np.zeros_like(scene[1])
    np.testing.assert_array_equal(method("mean+texture").fill(scene[0], nothing)[0], scene[0])
