"""docs/segment-anything.md: what is ours in it runs as it stands there, on a mask made up here."""

import re
import shlex
from pathlib import Path

import numpy as np
from PIL import Image

from deepgin.commands import main
from deepgin.inpainting.missing import dilate

TEXT = (Path(__file__).parents[1] / "docs" / "segment-anything.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.DOTALL)
PYTHON = [code for kind, code in BLOCKS if kind == "python"]
THEIRS = [code for code in PYTHON if re.search("from (segment_anything|sam2)", code)]


def test_the_recipe(tmp_path, monkeypatch, photo):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(photo(64, 96)).save("photo.jpg")
    rows, columns = np.mgrid[:64, :96]
    mask = (rows - 30) ** 2 + (columns - 50) ** 2 < 12**2
    # Theirs end with a mask; SAM 2 gives floats, which mean the same.
    assert len(THEIRS) == 2
    for code, kind in zip(THEIRS, (np.bool_, np.float32), strict=True):
        names = {"masks": mask.astype(kind)[None], "scores": np.array([0.9])}
        exec(code.rstrip().splitlines()[-1], names)  # noqa: S102, our own page
        np.testing.assert_array_equal(names["mask"], mask)
    for code in PYTHON:
        if code not in THEIRS:
            exec(code, names)  # noqa: S102, our own page
    by_array, before = (np.asarray(Image.open(name)) for name in ("filled.png", "photo.jpg"))
    grown = dilate(mask, 8)
    np.testing.assert_array_equal(by_array[~grown], before[~grown])
    assert (by_array[grown & ~mask] != before[grown & ~mask]).mean() > 0.9
    command = shlex.split(next(code for kind, code in BLOCKS if kind == "sh"))
    assert main(command[1:]) == 0
    np.testing.assert_array_equal(np.asarray(Image.open("filled.png")), by_array)
