"""`deepgin inpaint`: what it writes, and that bad input leaves everything as it was."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepgin import Inpainter
from deepgin.pictures import read_mask, read_rgb

OLD = b"what was there before"


def test_writes_what_the_inpainter_gives(works, pair, tmp_path, weights):
    out = tmp_path / "out.png"
    assert works("inpaint", *pair, "-o", out, "--weights", weights) == f"wrote {out}\n"
    written, mask = np.asarray(read_rgb(out)), read_mask(pair[1])
    np.testing.assert_array_equal(written, np.asarray(Inpainter(weights)(*pair)))
    np.testing.assert_array_equal(written[~mask], np.asarray(read_rgb(pair[0]))[~mask])
    assert sorted(tmp_path.iterdir()) == sorted([out, pair[0].parent])


def test_overwrites_when_asked(works, pair, tmp_path, weights):
    out = tmp_path / "out.png"
    out.write_bytes(OLD)
    works("inpaint", *pair, "-o", out, "--weights", weights, "--overwrite")
    assert read_rgb(out).size == (37, 29)


@pytest.mark.parametrize(("white", "said"), [(0, "marks nothing as missing"), (0.95, "--invert")])
def test_odd_masks_are_warned_of_in_one_line(deepgin, pair, tmp_path, weights, white, said):
    mask = np.zeros((29, 37), np.bool_)
    mask.ravel()[: int(white * mask.size)] = True
    Image.fromarray(mask).save(tmp_path / "odd.png")
    out = tmp_path / "out.png"
    arguments = ["inpaint", pair[0], tmp_path / "odd.png", "-o", out, "--weights", weights]
    code, printed, err = deepgin(*arguments)
    assert (code, printed) == (0, f"wrote {out}\n")
    assert err.startswith("deepgin: warning: ")
    assert err.count("\n") == 1
    assert str(tmp_path / "odd.png") in err
    assert said in err


@pytest.mark.parametrize("before", [False, True])
def test_full_disk(fails, files_in, pair, tmp_path, weights, monkeypatch, before):
    def save_half(self, path, *arguments, **options):
        path.write_bytes(b"half of it")
        raise OSError(28, "No space left on device")

    out = tmp_path / "out.png"
    if before:
        out.write_bytes(OLD)
    listed = files_in(tmp_path)
    monkeypatch.setattr(Image.Image, "save", save_half)
    message = fails(1, "inpaint", *pair, "-o", out, "--weights", weights, "--overwrite")
    assert message == f"deepgin: {out} cannot be written: No space left on device"
    assert files_in(tmp_path) == listed


def test_folder_that_cannot_be_written(fails, pair, weights):
    if not Path("/proc/self").exists():
        pytest.skip("needs a folder in which not even root can write")
    message = fails(1, "inpaint", *pair, "-o", "/proc/deepgin.png", "--weights", weights)
    assert "/proc/deepgin.png cannot be written" in message
