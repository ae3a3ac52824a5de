"""docs/segment-anything.md: what is ours in it runs as it stands there, on a mask made up here."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepgin.commands import main
from deepgin.inpainting.missing import dilate

TEXT = (Path(__file__).parents[1] / "docs" / "segment-anything.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.DOTALL)
THEIRS = ("segment_anything", "sam2")


@pytest.fixture
def mask(tmp_path, monkeypatch, photo):
    """A bool mask of an object in photo.jpg, as SAM would give it; the folder is the current one."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(photo(64, 96)).save("photo.jpg")
    rows, columns = np.mgrid[:64, :96]
    return (rows - 30) ** 2 + (columns - 50) ** 2 < 12**2


def test_the_recipe(mask):
    ours = [code for kind, code in BLOCKS if kind == "python" and not _is_theirs(code)]
    shell = [code for kind, code in BLOCKS if kind == "sh"]
    assert ours
    assert shell
    names = {"mask": mask}
    for code in ours:
        exec(code, names)  # noqa: S102, our own page
    by_array = np.asarray(Image.open("filled.png"))
    given = np.asarray(Image.open("photo.jpg"))
    grown = dilate(mask, 8)
    np.testing.assert_array_equal(by_array[~grown], given[~grown])
    assert (by_array[grown & ~mask] != given[grown & ~mask]).mean() > 0.9
    command = shlex.split(shell[0])
    assert command[0] == "deepgin"
    assert main(command[1:]) == 0
    np.testing.assert_array_equal(np.asarray(Image.open("filled.png")), by_array)


def test_their_parts_are_python_that_ends_with_a_mask():
    theirs = [code for kind, code in BLOCKS if kind == "python" and _is_theirs(code)]
    assert len(theirs) == 2
    for code in theirs:
        compile(code, "segment-anything.md", "exec")
        assert code.rstrip().splitlines()[-1].startswith("mask = masks[scores.argmax()]")


def test_floats_of_sam_2_mean_the_same(mask):
    floats = mask.astype(np.float32)[None]
    names = {"masks": floats, "scores": np.array([0.9])}
    exec(_last_line("sam2"), names)  # noqa: S102, our own page
    np.testing.assert_array_equal(names["mask"], mask)


def _is_theirs(code):
    return any(f"from {name}" in code for name in THEIRS)


def _last_line(name):
    (code,) = (code for kind, code in BLOCKS if kind == "python" and f"from {name}" in code)
    return code.rstrip().splitlines()[-1]
