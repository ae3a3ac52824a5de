"""Files are written whole or not at all; one process at a time holds a folder."""

import errno
import os
import stat
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deepgin import files
from deepgin.errors import DeepginError, TrainingError, UsageError
from deepgin.files import folds_case, hold, make_folder, whole_file, write_text


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(params=["new", "old"])
def target(request, tmp_path: Path) -> Path:
    """A file that is not there yet, and one that has a text."""
    path = tmp_path / "a.txt"
    if request.param == "old":
        path.write_text("old")
    return path


@pytest.fixture
def unchanged(target: Path) -> Iterator[Path]:
    """Likewise; the test must leave the folder as it is."""
    texts = {path.name: path.read_text() for path in target.parent.iterdir()}
    yield target
    assert texts == {path.name: path.read_text() for path in target.parent.iterdir()}


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


def test_two_writers_of_one_file_do_not_meet(target: Path) -> None:
    with whole_file(target) as one, whole_file(target) as two:
        one.write_text("one")
        two.write_text("two")
        assert not target.exists() or target.read_text() == "old"
    assert target.read_text() == "one"  # the outer block ends last
    assert _names(target.parent) == ["a.txt"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, UsageError])
@pytest.mark.parametrize("written", [True, False])
def test_a_failure_inside(error, written: bool, unchanged: Path) -> None:
    """The old file or none stays, nothing else is left, and the error is the caller's own."""
    with pytest.raises(error, match="stop here"), whole_file(unchanged) as temporary:
        if written:
            temporary.write_text("half")
        raise error("stop here")


def test_a_writer_that_wrote_nothing_is_an_error(unchanged: Path) -> None:
    with pytest.raises(DeepginError, match=r"a\.txt"), whole_file(unchanged):
        pass


@pytest.mark.parametrize(
    ("name", "error", "field"),
    [
        ("old.txt", UsageError, "overwrite"),
        ("folder", UsageError, ""),
        ("gone/a.txt", DeepginError, ""),
        ("old.txt/a.txt", DeepginError, ""),
    ],
)
def test_what_cannot_be_written_is_refused_before_the_work(tmp_path, name, error, field) -> None:
    (tmp_path / "old.txt").write_text("old")
    (tmp_path / "folder").mkdir()
    with (
        pytest.raises(error, match=name.split("/")[0]) as raised,
        whole_file(tmp_path / name, overwrite=False),
    ):
        pytest.fail("the work was done in vain")
    assert (type(raised.value), raised.value.field) == (error, field)
    assert (tmp_path / "old.txt").read_text() == "old"
    assert _names(tmp_path) == ["folder", "old.txt"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS])
@pytest.mark.parametrize("step", ["write_text", "fsync", "replace"])
def test_a_full_disk_or_a_locked_folder(step, code, unchanged, monkeypatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch, pytest.raises(DeepginError) as error:
        patch.setattr(Path if step == "write_text" else files.os, step, fail)
        write_text(unchanged, "new")
    assert str(unchanged) in str(error.value)
    assert os.strerror(code) in str(error.value)


def test_an_error_without_a_number_keeps_its_words(unchanged) -> None:
    """Pillow's for example."""
    with pytest.raises(DeepginError, match="encoder error -2$"), whole_file(unchanged):
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
    assert after == umask  # reading did not change it


def test_permissions_with_many_writers(tmp_path, monkeypatch):
    real = os.umask
    before = real(0o027)

    def umask_that_others_see(mask):
        old = real(mask)
        time.sleep(0.001)
        return old

    try:
        with monkeypatch.context() as patch, ThreadPoolExecutor(8) as pool:
            patch.setattr(os, "umask", umask_that_others_see)
            list(pool.map(lambda i: write_text(tmp_path / f"{i}.txt", "x"), range(40)))
        assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o640}
    finally:
        left = os.umask(before)
    assert left == 0o027


def test_it_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch) -> None:
    calls = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(
            files.os, name, lambda *a, name=name, real=real: calls.append(name) or real(*a)
        )
    write_text(tmp_path / "a.txt", "new")
    assert calls == ["fsync", "replace"]


@pytest.mark.parametrize(
    "name",
    ["山" * 80 + ".png", "😀" * 62 + ".png", "a" * 251 + ".png"]  # the longest ones
    + ["no ending", ".hidden", "a.b.c", "-x.png", "é ñ.png"],
)
def test_names_and_text_whatever_the_locale(name: str, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_text(name, "é 山 😀")
    assert (tmp_path / name).read_bytes() == "é 山 😀".encode()
    assert _names(tmp_path) == [name]


def test_make_folder(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assert make_folder(str(folder)) == folder
    (folder / "kept").write_text("x")
    assert make_folder(folder) == folder
    assert _names(folder) == ["kept"]
    for below in ("kept", "kept/more"):
        with pytest.raises(DeepginError, match=below):
            make_folder(folder / below)


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
