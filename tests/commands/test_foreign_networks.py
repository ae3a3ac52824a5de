"""Commands with networks of other authors: one picture, a folder, what `info` shows."""

import json

import numpy as np
import pytest
from PIL import Image

from deepgin.pictures import provenance_of, read_mask, read_rgb


def check(out, picture, mask):
    """The hole has about the mean colour of the valid pixels; these are as they were."""
    filled, before = np.asarray(read_rgb(out)), np.asarray(read_rgb(picture))
    np.testing.assert_array_equal(filled[~mask], before[~mask])
    assert len(np.unique(filled[mask], axis=0)) == 1
    # Mirrored at the edge some pixels count twice, and a hole may be grown.
    assert np.abs(filled[mask][0] - before[~mask].mean(0)).max() < 6


def test_one_picture(works, pair, tmp_path, known_network):
    out, how = tmp_path / "out.png", ("--weights", known_network, "--texture", "off")
    works("inpaint", *pair, "-o", out, *how)
    check(out, pair[0], read_mask(pair[1]))


@pytest.mark.parametrize("options", [(), ("--fit", "resize"), ("--ensemble",), ("--feather", "4")])
def test_valid_pixels_stay_under_every_option(works, pair, tmp_path, known_network, options):
    out = tmp_path / "out.png"
    works("inpaint", *pair, "-o", out, "--weights", known_network, *options)
    filled, mask = np.asarray(read_rgb(out)), read_mask(pair[1])
    np.testing.assert_array_equal(filled[~mask], np.asarray(read_rgb(pair[0]))[~mask])


def test_a_folder(deepgin, works, folder, pair, tmp_path, mean_network):
    mask = np.zeros((100, 100), np.bool_)
    mask[8:20, 10:30] = True
    for path in folder.rglob("*.png"):
        width, height = Image.open(path).size
        Image.fromarray(mask[:height, :width]).save(path.with_name(f"{path.stem}_mask.png"))
    file = mean_network(out=(0, 255))
    how = ("inpaint", folder, "-o", tmp_path / "out", "--weights", file, "--provenance")
    works(*how, "--contract", "lama,out=0..255", "--texture", "off")
    for name in ("a/z.png", "b.png", "c.png"):
        out = tmp_path / "out" / name
        height = Image.open(out).size[1]
        check(out, folder / name, mask[:height, :44])
        assert provenance_of(out)["contract"] == "lama,out=0..255"
    # Results of another contract do not mix with these.
    code, _, err = deepgin(*how, "--contract", "lama", "--texture", "off")
    assert code == 2
    assert "--overwrite" in err


def test_info(works, fails, known_network, mean_network):
    facts = json.loads(works("info", known_network, "--json"))["weights"]
    assert facts["contract"]["hole"] in (0, 1)
    assert facts["notes"] == []
    text = works("info", known_network)
    assert f"out={facts['contract']['out']}" in text
    file = mean_network(file="other.onnx")
    assert "--contract" in fails(2, "info", file)
    assert "gone.onnx" in fails(1, "info", f"{file}.gone.onnx")
    assert "hole=1, " in works("info", file, "--contract", "hole=1,range=0..1")
