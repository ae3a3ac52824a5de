"""Files are written whole or not at all; one process at a time holds a folder."""

import errno
import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deepgin import files
from deepgin.errors import DeepginError, TrainingError, UsageError
from deepgin.files import folds_case, hold, make_folder, whole_file, write_text


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _fail(code: int):
    def raise_it(*args: object, **kwargs: object) -> None:
        raise OSError(code, os.strerror(code))

    return raise_it


@pytest.mark.parametrize("overwrite", [True, False])
@pytest.mark.parametrize("kind", [Path, str])
def test_a_new_file(kind: type, overwrite: bool, tmp_path: Path) -> None:
    target = tmp_path / "picture.tar.png"
    with whole_file(kind(target), overwrite=overwrite) as temporary:
        assert temporary.parent == tmp_path  # beside it, so that the rename is one step
        assert temporary != target
        assert temporary.suffix == ".png"  # writers choose the format by it
        assert temporary.name.startswith(".")
        assert not temporary.exists()
        temporary.write_bytes(b"new")
        assert not target.exists()
    assert target.read_bytes() == b"new"
    assert _names(tmp_path) == ["picture.tar.png"]


def test_an_old_file_is_replaced_at_the_end(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with whole_file(target) as temporary:
        temporary.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert _names(tmp_path) == ["a.txt"]


def test_a_relative_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_text("a.txt", "here")
    assert (tmp_path / "a.txt").read_text() == "here"
    assert _names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, UsageError])
@pytest.mark.parametrize("old", [True, False])
@pytest.mark.parametrize("written", [True, False])
def test_a_failure_inside(error, old: bool, written: bool, tmp_path: Path) -> None:
    """The old file or none stays, nothing else is left, and the error is the caller's own."""
    target = tmp_path / "a.txt"
    if old:
        target.write_text("old")
    with pytest.raises(error, match="stop here"), whole_file(target) as temporary:
        if written:
            temporary.write_text("half")
        raise error("stop here")
    assert _names(tmp_path) == ["a.txt"] * old
    assert not old or target.read_text() == "old"


@pytest.mark.parametrize("old", [True, False])
def test_a_writer_that_wrote_nothing_is_an_error(old: bool, tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    if old:
        target.write_text("old")
    with pytest.raises(DeepginError, match=r"a\.txt cannot be written: "), whole_file(target):
        pass
    assert _names(tmp_path) == ["a.txt"] * old


def test_what_exists_is_not_overwritten_unasked(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with (
        pytest.raises(UsageError, match=r"a\.txt exists") as error,
        whole_file(target, overwrite=False),
    ):
        pytest.fail("the work was done in vain")
    assert (error.value.exit_code, error.value.field) == (2, "overwrite")
    assert target.read_text() == "old"
    assert _names(tmp_path) == ["a.txt"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(DeepginError, match=r"a\.txt: there is no folder .*gone: make it") as error,
        whole_file(tmp_path / "gone" / "a.txt"),
    ):
        pytest.fail("the work was done in vain")
    assert error.value.exit_code == 1
    assert _names(tmp_path) == []


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(DeepginError, match="there is no folder .*file: make it"),
        whole_file(tmp_path / "file" / "a.txt"),
    ):
        pytest.fail("the work was done in vain")


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_folder_as_target(overwrite: bool, tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match="is a folder: name a file in it"),
        whole_file(tmp_path, overwrite=overwrite),
    ):
        pytest.fail("the work was done in vain")


@pytest.mark.parametrize("old", [True, False])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS])
@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_a_full_disk_or_a_locked_folder(step, code, old, tmp_path, monkeypatch) -> None:
    target = tmp_path / "a.txt"
    if old:
        target.write_text("old")
    if step == "write":
        monkeypatch.setattr(Path, "write_text", _fail(code))
    else:
        monkeypatch.setattr(files.os, step, _fail(code))
    with pytest.raises(DeepginError) as error:
        write_text(target, "new")
    assert str(error.value) == f"{target} cannot be written: {os.strerror(code)}"
    assert _names(tmp_path) == ["a.txt"] * old
    assert not old or target.read_text() == "old"


def test_an_error_without_a_number_keeps_its_words(tmp_path: Path) -> None:
    """Pillow's for example."""
    with (
        pytest.raises(DeepginError, match=r"a\.txt cannot be written: encoder error -2$"),
        whole_file(tmp_path / "a.txt"),
    ):
        raise OSError("encoder error -2")


@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077])
@pytest.mark.parametrize("own", [0o600, 0o644])
def test_the_umask_decides_who_may_read(own: int, umask: int, tmp_path: Path) -> None:
    """Also where the writer makes files for its owner alone, as safetensors does."""
    before = os.umask(umask)
    try:
        with whole_file(tmp_path / "a.txt") as temporary:
            os.close(os.open(temporary, os.O_CREAT | os.O_WRONLY, own))
        after = os.umask(umask)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o666 & ~umask
    assert after == umask  # looking did not change it


def test_it_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch) -> None:
    calls = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(files.os, "fsync", lambda f: calls.append("fsync") or fsync(f))
    monkeypatch.setattr(files.os, "replace", lambda a, b: calls.append("replace") or replace(a, b))
    write_text(tmp_path / "a.txt", "new")
    assert calls == ["fsync", "replace"]


@pytest.mark.parametrize("name", ["山" * 80 + ".png", "😀" * 62 + ".png", "a" * 251 + ".png"])
def test_the_longest_names_work(name: str, tmp_path: Path) -> None:
    write_text(tmp_path / name, "x")
    assert _names(tmp_path) == [name]


@pytest.mark.parametrize("name", ["no ending", ".hidden", "a.b.c", "-x.png", "é ñ.png"])
def test_odd_names_work(name: str, tmp_path: Path) -> None:
    write_text(tmp_path / name, "x")
    assert _names(tmp_path) == [name]


def test_two_writers_of_one_target_do_not_meet(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    with whole_file(target) as one, whole_file(target) as two:
        assert one != two
        one.write_text("one")
        two.write_text("two")
    assert target.read_text() == "one"  # the outer block ends last
    assert _names(tmp_path) == ["a.txt"]


def test_text_is_utf8_whatever_the_locale(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "é 山 😀")
    assert (tmp_path / "a.txt").read_bytes() == "é 山 😀".encode()


def test_make_folder(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assert make_folder(str(folder)) == folder
    (folder / "kept").write_text("x")
    assert make_folder(folder) == folder
    assert _names(folder) == ["kept"]


@pytest.mark.parametrize("below", ["", "more"])
def test_a_folder_where_a_file_is(below: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(DeepginError, match="file.*: the folder cannot be made: "):
        make_folder(tmp_path / "file" / below)


def test_permissions_with_many_writers(tmp_path, monkeypatch):
    real = os.umask
    before = real(0o027)

    def umask_that_others_see(mask):
        found = real(mask)
        time.sleep(0.001)
        return found

    try:
        with monkeypatch.context() as patch, ThreadPoolExecutor(8) as pool:
            patch.setattr(os, "umask", umask_that_others_see)
            list(pool.map(lambda i: write_text(tmp_path / f"{i}.txt", "x"), range(40)))
        assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o640}
    finally:
        left = os.umask(before)
    assert left == 0o027


def test_where_case_does_not_count(tmp_path, monkeypatch):
    assert not folds_case(tmp_path / "new" / "a")
    (tmp_path / "Photos").mkdir()
    (tmp_path / "pHOTOS").symlink_to("Photos")  # one folder by both names
    assert folds_case(tmp_path / "Photos")
    assert folds_case(tmp_path / "Photos" / "new")
    (tmp_path / "Other").mkdir()
    (tmp_path / "oTHER").mkdir()
    assert not folds_case(tmp_path / "Other")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_forked_workers_do_not_hold_a_run_that_is_gone(tmp_path: Path) -> None:
    """They outlive a killed trainer by seconds, in which it could not be started again."""
    lock, taken = tmp_path / "run" / ".lock", TrainingError("in use")
    held = hold(lock, taken)
    with pytest.raises(TrainingError, match="in use"):
        hold(lock, taken)
    (ours, theirs), (hears, tells) = os.pipe(), os.pipe()
    child = os.fork()
    if not child:
        os.write(tells, b".")
        os.read(ours, 1)
        os._exit(0)
    os.read(hears, 1)
    try:
        held.close()
        hold(lock, taken).close()
    finally:
        os.write(theirs, b".")
        os.waitpid(child, 0)
