"""Anybody's Python function as a method."""

import sys

import numpy as np
import pytest

from deepgin.errors import DeepginError, UsageError
from deepgin.evaluation.methods import method

MODULE = """
import numpy as np

SEEN = []

def fill(picture, hole):
    SEEN.append((picture.copy(), hole.copy()))
    picture[hole] = 77
    hole[:] = False
    return picture

class Net:
    @staticmethod
    def fill(picture, hole):
        return np.full_like(picture, 5)

def floats(picture, hole):
    return picture / 255

def broken(picture, hole):
    raise ValueError("no such luck")

NUMBER = 3
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module in the current folder, which is not where Python looks."""
    (tmp_path / "my_network.py").write_text(MODULE)
    (tmp_path / "my_broken.py").write_text("import nothing_of_that_name\n")
    (tmp_path / "my_failing.py").write_text("1 / 0\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield "my_network"
    for name in ("my_network", "my_broken", "my_failing"):
        sys.modules.pop(name, None)


def test_a_function(module, scene):
    picture, hole = scene
    one = method(f"python:{module}:fill")
    assert (one.name, one.what) == ("fill", "Python function my_network:fill, masked=zero")
    before = picture.copy(), hole.copy()
    filled, fit = one.fill(picture, hole)
    np.testing.assert_array_equal(filled, np.where(hole[..., None], np.uint8(77), picture))
    assert fit == ""
    np.testing.assert_array_equal(picture, before[0])
    np.testing.assert_array_equal(hole, before[1])
    [(seen, mask)] = sys.modules[module].SEEN
    assert (seen.dtype, mask.dtype) == (np.uint8, np.bool_)
    assert not seen[hole].any()  # the truth is not there to be seen
    np.testing.assert_array_equal(seen[~hole], picture[~hole])
    np.testing.assert_array_equal(mask, before[1])


@pytest.mark.parametrize(("masked", "level"), [("grey", 127), ("white", 255), ("keep", None)])
def test_what_stands_in_the_hole(module, scene, masked, level):
    one = method(f"python:{module}:fill,masked={masked}")
    one.fill(*scene)
    [(seen, mask)] = sys.modules[module].SEEN
    assert (seen[mask] == (scene[0][mask] if level is None else level)).all()
    assert f"masked={masked}" in one.what


def test_a_function_in_a_class(module, scene):
    filled, _ = method(f"mine=python:{module}:Net.fill").fill(*scene)
    assert (filled == 5).all()


@pytest.mark.parametrize(
    ("where", "named"),
    [
        ("my_network:fil", "fill"),
        ("my_network:NUMBER", "NUMBER"),
        ("my_netwrk:fill", "my_netwrk"),
        ("my_network.part:fill", "my_network"),
        ("my_broken:fill", "my_broken.*nothing_of_that_name"),
        ("my_failing:fill", "my_failing.*ZeroDivisionError"),
        ("my_network", "MODULE:FUNCTION"),
        ("my_network:", "MODULE:FUNCTION"),
    ],
)
def test_functions_that_are_not_there(module, where, named):
    with pytest.raises(DeepginError, match=f"^x: .*{named}") as raised:
        method(f"x=python:{where}")
    assert raised.value.field == "methods"


@pytest.mark.parametrize("option", ["hole=1", "range=0..1", "masked=black"])
def test_options_that_do_not_work(module, option):
    with pytest.raises(UsageError, match=option.split("=")[0]):
        method(f"x=python:{module}:fill,{option}")


def test_functions_that_fail(module, scene):
    with pytest.raises(DeepginError, match="x.*float64"):
        method(f"x=python:{module}:floats").fill(*scene)
    with pytest.raises(DeepginError, match="x.*no such luck"):
        method(f"x=python:{module}:broken").fill(*scene)
