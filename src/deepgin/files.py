"""Writing a file whole or not at all, locking a folder, and headers of tar files."""

import os
import secrets
import tarfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import IO

from .errors import DeepginError, UsageError

_UMASK = Lock()


@contextmanager
def whole_file(target: str | Path, *, overwrite: bool = True) -> Iterator[Path]:
    """Give a temporary path beside `target` that becomes `target` when the block ends well.

    `target` is at every moment absent, the old file, or the whole new one. The temporary file has
    the same ending, since writers choose the format by it.

    Raises:
        UsageError: `target` exists and `overwrite` is False.
        DeepginError: the folder is missing or cannot be written, or the disk is full.
    """
    target = Path(target)
    # 40 characters are at most 160 bytes: the name stays within the 255 that file systems take.
    temporary = target.with_name(f".{target.stem[:40]}.{secrets.token_hex(4)}{target.suffix}")
    try:
        if target.is_dir():
            raise UsageError(f"{target} is a folder", mend="name a file in it")
        if not overwrite and target.exists():
            mend = "add {overwrite=true}, or choose another name"
            raise UsageError(f"{target} exists", field="overwrite", mend=mend)
        if not target.parent.is_dir():
            problem = f"{target}: there is no folder {target.parent}"
            raise DeepginError(problem, mend="make it first")
        yield temporary
        _flush(temporary)
        # safetensors and mkstemp make files that only their owner can read.
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, target)
    except OSError as error:
        # Pillow and safetensors report a full disk or a read-only folder as plain OSErrors.
        raise DeepginError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def _umask() -> int:
    """Return the process's umask, which can be read only by setting it."""
    with _UMASK:  # a second thread would read what the first has set
        mask = os.umask(0o077)
        os.umask(mask)
    return mask


def folds_case(folder: Path) -> bool:
    """Return whether names that differ only in case are one file there, as on most Macs."""
    for place in (folder, *folder.absolute().parents):
        swapped = place.name.swapcase()
        if swapped != place.name and os.path.exists(place):
            other = place.with_name(swapped)
            return os.path.exists(other) and other.samefile(place)
    return False


def _flush(path: Path) -> None:
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def write_text(target: str | Path, text: str) -> None:
    """Write `text` as UTF-8, whole or not at all."""
    with whole_file(target) as temporary:
        temporary.write_text(text, encoding="utf-8")


def make_folder(path: str | Path) -> Path:
    """Make a folder and those above it, or take the one that is there.

    Raises:
        DeepginError: it cannot be made.
    """
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DeepginError(f"{path}: the folder cannot be made: {error.strerror}") from error
    return path


def hold(path: Path, taken: DeepginError) -> IO[bytes]:
    """Return what holds the lock file `path`, and with it what it stands for, until it is closed.

    Where the system or the file system has no such locks, nothing is held.

    Raises:
        DeepginError: `taken` itself, when another process holds it; or the folder cannot be made
            or written.
    """
    make_folder(path.parent)
    try:
        file = path.open("wb")
    except OSError as error:
        raise DeepginError(f"{path.parent} cannot be written: {error.strerror}") from error
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise taken from error
    except (ImportError, OSError):  # Windows, or a file system without locks
        pass
    # Workers that are forked would hold it for some seconds after a process that was killed.
    held = weakref.ref(file)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: _close(held()))
    return file


@contextmanager
def held(path: Path, taken: DeepginError) -> Iterator[None]:
    """Hold the lock file `path` as `hold` does, and remove it in the end."""
    with hold(path, taken):
        try:
            yield
        finally:
            with suppress(OSError):
                path.unlink()


def _close(file: IO[bytes] | None) -> None:
    if file is not None:
        file.close()


class Header(tarfile.TarInfo):
    """A tarfile header that raises on corruption, where `tarfile` would stop early."""

    @classmethod
    def fromtarfile(cls, tar: tarfile.TarFile) -> "Header":
        try:
            return super().fromtarfile(tar)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(f"it ends too early or is damaged ({error})") from error
