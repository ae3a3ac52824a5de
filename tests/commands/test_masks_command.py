"""`deepgin masks`: files, manifest and preview; the same seed gives the same bytes."""

import json

import numpy as np
import pytest
from PIL import Image

from deepgin.masks import KINDS, MaskSet
from deepgin.pictures import read_mask


@pytest.mark.parametrize("kind", KINDS)
def test_writes_masks_manifest_and_preview(works, tmp_path, kind):
    folder = tmp_path / "new" / "masks"
    options = ["--size", "40x24", "--count", 5, "--seed", "s"]
    out = works("masks", "--kind", kind, *options, "-o", folder)
    masks = MaskSet(kind, (24, 40), 5, "s")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest == masks.manifest()
    assert masks.hash[:16] in out
    assert out.startswith(f"wrote 5 masks to {folder}")
    names = [entry["name"] for entry in manifest["masks"]]
    for name, mask in zip(names, masks, strict=True):
        with Image.open(folder / f"{name}.png") as picture:
            assert (picture.mode, picture.size) == ("L", (40, 24))
            assert set(np.unique(picture)) <= {0, 255}
        np.testing.assert_array_equal(read_mask(folder / f"{name}.png"), mask)
    with Image.open(folder / "preview.png") as picture:
        assert picture.size == (3 * 44 + 4, 2 * 28 + 4)
    written = {path.name for path in folder.iterdir()}
    assert written == {f"{name}.png" for name in names} | {"manifest.json", "preview.png"}


def test_same_seed_same_bytes(works, files_in, tmp_path):
    options = ["--kind", "cellular", "--size", "32", "--count", 3]
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        works("masks", *options, "--seed", seed, "-o", tmp_path / name)
    a, b, c = (files_in(tmp_path / name) for name in "abc")
    assert a == b
    assert a != c


def test_one_side_means_a_square_and_absolute_reaches_the_masks(works, tmp_path):
    options = ["--kind", "freeform", "--size", "48", "--count", 2, "--absolute"]
    works("masks", *options, "-o", tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest == MaskSet("freeform", (48, 48), 2, "0", absolute=True).manifest()


@pytest.mark.parametrize("taken", ["manifest.json", "preview.png", "rectangle_00001.png"])
def test_existing_files_need_overwrite(works, fails, files_in, tmp_path, taken):
    (tmp_path / taken).write_bytes(b"old")
    arguments = ["masks", "--kind", "rectangle", "--size", "16", "--count", 2, "-o", tmp_path]
    before = files_in(tmp_path)
    message = fails(2, *arguments)
    assert taken in message
    assert "--overwrite" in message
    assert files_in(tmp_path) == before
    works(*arguments, "--overwrite")
    assert (tmp_path / taken).read_bytes() != b"old"
    assert len(files_in(tmp_path)) == 4
