"""A worker's folder for files in work, and removing those of workers that died."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import DeepginError
from ..locks import hold

_PREFIX = "deepgin-cluster-"
_LOCK = "lock"


@contextmanager
def scratch() -> Iterator[Path]:
    """Give an empty folder where the system keeps temporary files (TMPDIR).

    Raises:
        DeepginError: it cannot be made.
    """
    root = Path(tempfile.gettempdir())
    _remove_dead(root)
    try:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root))
    except OSError as error:
        raise DeepginError(f"{root} cannot be written ({error.strerror}): set TMPDIR") from error
    lock = hold(folder / _LOCK, DeepginError(f"{folder} is another worker's"))
    try:
        yield folder
    finally:
        lock.close()
        shutil.rmtree(folder, ignore_errors=True)


def _remove_dead(root: Path) -> None:
    """Remove the folders whose lock nobody holds any more."""
    for folder in root.glob(f"{_PREFIX}*"):
        # Without a lock it is only being made.
        if (folder / _LOCK).is_file():
            with suppress(DeepginError):
                hold(folder / _LOCK, DeepginError("in use")).close()
                shutil.rmtree(folder, ignore_errors=True)
