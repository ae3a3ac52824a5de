"""One process at a time in a run's folder. The system lets go of the lock when that one dies."""

import os
import weakref
from pathlib import Path
from typing import IO

from ..errors import TrainingError
from ..files import make_folder

NAME = ".lock"


def hold(folder: Path) -> IO[bytes] | None:
    """Return what holds the folder until it is closed; None where the system has no such locks.

    Raises:
        TrainingError: another process holds it.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    path = make_folder(folder) / NAME
    try:
        file = path.open("wb")
    except OSError as error:
        raise TrainingError(f"{folder} cannot be written: {error.strerror}") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise TrainingError(
            f"{folder} is in use by another run: wait for its end, or choose another folder"
        ) from error
    except OSError:  # a file system without locks
        pass
    # Workers that are forked would hold it for some seconds after a run that was killed.
    held = weakref.ref(file)
    os.register_at_fork(after_in_child=lambda: _close(held()))
    return file


def _close(file: IO[bytes] | None) -> None:
    if file is not None:
        file.close()
