"""Finding pictures in folders and shards, and their segmentations."""

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from deepgin.errors import TrainingError
from deepgin.training.data.sources import find_entries

Tree = Callable[..., Path]
Pack = Callable[[Path, dict[str, bytes]], Path]


def names(path: Path) -> list[str]:
    return [entry.name for entry in find_entries(path)]


def test_folder_and_shard_are_found_in_order(photos: Path, shard: Path) -> None:
    assert names(photos) == [
        "000.png", "002.png", "004.png", "sub/001.png", "sub/003.png", "sub/005.png",
    ]  # fmt: skip
    assert names(shard) == names(shard.parent)
    assert len(names(shard)) == 6


def test_shard_is_read_by_offset(shard: Path) -> None:
    with tarfile.open(shard) as tar:
        for entry in find_entries(shard):
            member = tar.extractfile(entry.name)
            assert member is not None
            assert entry.read() == member.read()
            assert entry.label == f"{shard}:{entry.name}"


def test_missing_empty_and_damaged_sources_are_named(tmp_path: Path, shard: Path) -> None:
    with pytest.raises(TrainingError, match="nowhere"):
        find_entries(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(TrainingError, match="empty holds no pictures"):
        find_entries(tmp_path / "empty")
    (tmp_path / "bad.tar").write_bytes(b"no tar at all" * 100)
    with pytest.raises(TrainingError, match=r"bad\.tar"):
        find_entries(tmp_path / "bad.tar")
    (tmp_path / "cut.tar").write_bytes(shard.read_bytes()[:1500])
    with pytest.raises(TrainingError, match=r"cut\.tar"):
        find_entries(tmp_path / "cut.tar")


def test_segmentations_are_attached_and_no_pictures(tree: Tree) -> None:
    folder = tree(["a.jpg", "a_seg.png", "b/a.jpg", "b/c.png", "b/c_seg.png", "lone_seg.png"])
    found = {entry.name: entry.guidance for entry in find_entries(folder)}
    assert {name: guidance and guidance.name for name, guidance in found.items()} == {
        "a.jpg": "a_seg.png",
        "b/a.jpg": None,
        "b/c.png": "b/c_seg.png",
    }
    assert found["b/c.png"].file == folder / "b" / "c_seg.png"


def test_segmentations_in_shards_belong_to_their_shard(tmp_path: Path, pack: Pack) -> None:
    folder = tmp_path / "shards"
    pack(folder / "0.tar", {"a.jpg": b"picture", "a_seg.png": b"segmentation"})
    pack(folder / "1.tar", {"a.jpg": b"another"})
    first, second = find_entries(folder)
    assert first.read() == b"picture"
    assert first.guidance is not None
    assert first.guidance.read() == b"segmentation"
    assert second.read() == b"another"
    assert second.guidance is None


def test_names_in_shards_begin_with_the_shards_folder(tmp_path: Path, pack: Pack) -> None:
    folder = tmp_path / "shards"
    pack(folder / "faces" / "0.tar", {"x/a.jpg": b"1"})
    pack(folder / "1.tar", {"b.jpg": b"2"})
    assert names(folder) == ["b.jpg", "faces/x/a.jpg"]


def test_masks_beside_their_pictures_are_not_trained_on(photos: Path) -> None:
    before = find_entries(photos)
    (photos / "000-mask.png").write_bytes(b"a mask")
    (photos / "sub" / "001_mask.png").write_bytes(b"a mask")
    assert find_entries(photos) == before
