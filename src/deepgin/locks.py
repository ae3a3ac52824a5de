"""One process at a time in a folder. The system lets go of the lock when that one dies."""

import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from .errors import DeepginError
from .files import make_folder


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
