"""Reading and writing tars."""

import hashlib
import io
import tarfile
from contextlib import closing

import pytest

from deepgin.cluster.tars import Shard, facts, write_results
from deepgin.errors import PictureError

from .conftest import members_of, write_shard, write_tar


def read(path, tmp_path):
    """Return all that a shard holds."""
    with closing(Shard(path, "shown.tar")) as shard:
        found = {}
        for name in reversed(shard.sizes):
            found[name] = shard.read(name)
            assert len(found[name]) == shard.sizes[name]
        return found


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2"])
def test_members_in_any_order(tmp_path, mode):
    members = [("b/ä.png", b"1" * 700), ("./a.png", b"2"), ("/c.png", b""), ("x" * 120, b"3")]
    path = write_tar(tmp_path / "in.tar", members, mode)
    expected = {"b/ä.png": b"1" * 700, "a.png": b"2", "c.png": b"", "x" * 120: b"3"}
    assert read(path, tmp_path) == expected


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_no_shard_that_is_cut_off_is_taken_for_a_whole_one(tmp_path, mode):
    whole = write_shard(tmp_path / "in.tar", range(2), mode).read_bytes()
    # Zeros alone end a tar: with the first of them it is whole.
    end = max(whole.rstrip(b"\0").__len__(), 512) if mode == "w" else len(whole)
    blocks = range(0, end, 512) if mode == "w" else range(0, end, 997)
    for length in {0, 1, *blocks, *(block + 100 for block in blocks if block + 100 < end)}:
        path = tmp_path / "cut.tar"
        path.write_bytes(whole[:length])
        with pytest.raises(
            PictureError, match=r"^shown.tar cannot be read as a tar shard: [^\n]+$"
        ):
            read(path, tmp_path)


def test_what_is_no_tar(tmp_path):
    path = tmp_path / "a.tar"
    path.write_bytes(b"no tar at all" * 100)
    with pytest.raises(PictureError, match="cannot be read as a tar shard"):
        Shard(path, "a.tar")


def test_members_of_one_name_and_links(tmp_path):
    path = tmp_path / "in.tar"
    with tarfile.open(path, "w") as tar:
        for name in ("a.png", "./a.png", "b.png"):
            member = tarfile.TarInfo(name)
            member.size = 1
            tar.addfile(member, io.BytesIO(b"x"))
        link = tarfile.TarInfo("c.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with closing(Shard(path, "in.tar")) as shard:
        assert shard.double == {"a.png"}
        assert shard.sizes.keys() == {"a.png", "b.png"}


def test_the_same_members_give_the_same_bytes(tmp_path):
    for name in ("one.tar", "two.tar"):
        source = tmp_path / f"source-of-{name}"
        source.write_bytes(b"content")
        write_results(tmp_path / name, [("x/ä.png", source)])
    content = (tmp_path / "one.tar").read_bytes()
    assert content == (tmp_path / "two.tar").read_bytes()
    assert facts(tmp_path / "two.tar") == {
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    assert members_of(tmp_path / "two.tar") == {"x/ä.png": b"content"}
