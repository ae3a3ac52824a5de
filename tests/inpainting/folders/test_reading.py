"""Reading what belongs to a picture."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepgin.errors import PictureError
from deepgin.inpainting.folders import Pair, Task, reader, reading


@pytest.fixture
def pair(tmp_path, photo):
    Image.fromarray(photo(5, 4)).save(tmp_path / "a.png")
    Image.fromarray(photo(5, 4, 1)).save(tmp_path / "a_seg.png")
    Image.fromarray(np.full((7, 6), 100, np.uint8)).save(tmp_path / "mask.png")
    return Pair(*(tmp_path / "a.png", Path("a.png"), tmp_path / "mask.png", tmp_path / "a_seg.png"))


def test_all_of_a_pair(pair, photo, tmp_path):
    job = reader(0.3, guided=True)(Task(pair, Path("out.png")))
    assert (job.document.pixels == photo(5, 4)).all()
    assert (job.guidance == photo(5, 4, 1)).all()
    assert job.mask.shape == (7, 6)
    assert job.mask.all()
    assert (job.name, job.mask_name) == (str(pair.picture), str(pair.mask))


def test_a_threshold_and_no_guidance(pair):
    job = reader(0.5, guided=False)(Task(pair, Path("out.png")))
    assert not job.mask.any()
    assert job.guidance is None


def test_no_mask(pair):
    bare = Pair(pair.picture, pair.inside)
    job = reader(0.5, guided=True)(Task(bare, Path("out.png")))
    assert (job.mask, job.guidance) == (None, None)


def test_one_mask_for_all_is_read_once(pair, monkeypatch):
    read = []
    as_marks = reading.as_marks
    monkeypatch.setattr(
        reading, "as_marks", lambda path, threshold: read.append(path) or as_marks(path, threshold)
    )
    one = reader(0.5, guided=False)
    jobs = [one(Task(pair, Path(f"{i}.png"))) for i in range(3)]
    assert len(read) == 1
    with pytest.raises(ValueError, match="read-only"):
        jobs[0].mask[0, 0] = True


@pytest.mark.parametrize("which", ["picture", "mask", "guidance"])
def test_what_cannot_be_read_is_named(pair, which):
    path = getattr(pair, which)
    path.write_bytes(b"nothing of a picture")
    with pytest.raises(PictureError, match=path.name):
        reader(0.5, guided=True)(Task(pair, Path("out.png")))
