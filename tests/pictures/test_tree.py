"""Which files of a folder are pictures, in which order, the same by every command."""

import os
from pathlib import Path

import pytest

from deepgin.errors import PictureError, UsageError
from deepgin.pictures import find_pictures, is_picture


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def listed(folder, limit=0):
    return [path.relative_to(folder).as_posix() for path in find_pictures(folder, limit)]


def test_picture_names():
    assert all(map(is_picture, ["a.jpg", "A.JPG", "b/c.jpeg", "d.tif", "e.webp", "f.avif"]))
    assert not any(map(is_picture, ["a.txt", "jpg", "a.png.txt", ".png", "manifest.json", "a"]))


def test_order_is_that_of_the_paths(tmp_path):
    names = ["b.png", "a/z.jpg", "B.png", "a.png", "a/b/c.webp", "c10.png", "c9.png"]
    touch(tmp_path, *names)
    assert listed(tmp_path) == sorted(names)


def test_other_and_hidden_files_are_passed_over(tmp_path):
    touch(tmp_path, "a.png", "._a.png", ".hidden/b.png", "c/.thumbs/d.png", "notes.txt", "e/f.png")
    (tmp_path / "folder.jpg").mkdir()
    assert listed(tmp_path) == ["a.png", "e/f.png"]
    assert listed(tmp_path / ".hidden") == ["b.png"]


def test_limit_is_taken_evenly(tmp_path):
    names = [f"{i:02d}.png" for i in range(10)]
    touch(tmp_path, *names)
    assert listed(tmp_path, 4) == ["00.png", "03.png", "06.png", "09.png"]
    assert listed(tmp_path, 1) == ["00.png"]
    assert listed(tmp_path, 10) == listed(tmp_path, 99) == listed(tmp_path, 0) == names
    with pytest.raises(UsageError) as raised:
        find_pictures(tmp_path, -1)
    assert raised.value.field == "limit"


@pytest.mark.parametrize("name", ["empty", "missing", "file.png"])
def test_no_pictures(tmp_path, name):
    touch(tmp_path, "file.png", "empty/notes.txt")
    with pytest.raises(PictureError, match=name):
        find_pictures(tmp_path / name)


def test_masks_beside_their_pictures_are_none_themselves(tmp_path):
    touch(tmp_path, "a.jpg", "a-mask.png", "sub/b.png", "sub/b_mask.png", "c_mask.png")
    touch(tmp_path, "d/a_mask.png", "e/caf\u00e9.png", "e/cafe\u0301_mask.png")
    pictures = ["a.jpg", "c_mask.png", "d/a_mask.png", "e/caf\u00e9.png", "sub/b.png"]
    assert listed(tmp_path) == pictures


def test_every_command_lists_the_same_pictures(tmp_path):
    units = pytest.importorskip("deepgin.cluster.units")
    from deepgin.cluster import ClusterRequest
    from deepgin.inpainting.folders import find_pairs
    from deepgin.training.data.sources import find_entries

    names = ["a.jpg", "b.ppm", "c.tga", "d.jp2", "e.jfif", "f.gif", "linked/g.png"]
    photos = tmp_path / "photos"
    touch(photos, *names[:-1], "a_mask.png", ".hidden.png", "notes.txt")
    touch(tmp_path / "elsewhere", "g.png")
    (photos / "linked").symlink_to(tmp_path / "elsewhere")
    (photos / "circle").symlink_to(photos)
    assert listed(photos) == names
    pairs = find_pairs(photos, masked=False).pairs
    assert [pair.inside.as_posix() for pair in pairs] == names
    assert [entry.name for entry in find_entries(photos)] == names
    [unit] = units.plan_units(ClusterRequest(str(photos), str(tmp_path / "out"))).units
    assert [entry.name for entry in unit.entries] == names


def test_a_folder_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    touch(tmp_path, "a.png", "locked/b.png")
    scandir = os.scandir

    def refuses(folder):
        if Path(folder).name == "locked":
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuses)
    with pytest.raises(PictureError, match="locked"):
        find_pictures(tmp_path)
