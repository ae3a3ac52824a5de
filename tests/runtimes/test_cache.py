"""Compiled networks that are kept: where, how many, and folders that cannot be used."""

import os
from pathlib import Path

import pytest

from deepgin.runtimes import cache


def test_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("DEEPGIN_CACHE", str(tmp_path / "mine"))
    assert cache.folder() == tmp_path / "mine"
    monkeypatch.delenv("DEEPGIN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(cache.sys, "platform", "linux")
    assert cache.folder() == tmp_path / "deepgin"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.folder() == tmp_path / ".cache" / "deepgin"
    monkeypatch.setattr(cache.sys, "platform", "darwin")
    assert cache.folder() == tmp_path / "Library" / "Caches" / "deepgin"


def test_the_oldest_leave(monkeypatch, tmp_path):
    monkeypatch.setenv("DEEPGIN_CACHE", str(tmp_path / "new"))
    assert cache.kept("0") is None
    for i in range(cache.KEPT):
        cache.keep(str(i), bytes([i]))
        os.utime(tmp_path / "new" / f"{i}.blob", (i, i))
    (tmp_path / "new" / "note.txt").write_text("not ours")
    assert cache.kept("0") == b"\0"  # used now, so the second is the oldest
    cache.keep("more", b"more")
    assert cache.kept("1") is None
    assert cache.kept("0") == b"\0"
    assert cache.kept("more") == b"more"
    assert len(list((tmp_path / "new").iterdir())) == cache.KEPT + 1


@pytest.mark.parametrize("place", ["/dev/null/cache", "file"])
def test_a_folder_that_cannot_be_used(monkeypatch, tmp_path, place):
    (tmp_path / "file").write_text("a file")
    monkeypatch.setattr(cache, "folder", lambda: Path(tmp_path / place))
    cache.keep("a", b"a")
    assert cache.kept("a") is None


def test_damaged_files_are_none(monkeypatch, tmp_path):
    monkeypatch.setenv("DEEPGIN_CACHE", str(tmp_path))
    cache.keep("a", b"some bytes")
    content = (tmp_path / "a.blob").read_bytes()
    for damaged in (content[:-1], b"", bytes([content[0] ^ 1]) + content[1:], content + b"!"):
        (tmp_path / "a.blob").write_bytes(damaged)
        assert cache.kept("a") is None
    cache.keep("a", b"others")
    assert cache.kept("a") == b"others"


def test_keys_differ():
    assert cache.key_of("a", 1) == cache.key_of("a", 1) != cache.key_of("a", 1.5)
