"""A worker's folder for files in work, and removing those of workers that died."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import DeepginError
from ..locks import hold

_PREFIX = "deepgin-cluster-"
_MAKING = "deepgin-making-"
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
        made = Path(tempfile.mkdtemp(prefix=_MAKING, dir=root))
        lock = hold(made / _LOCK, DeepginError(f"{made} is another worker's"))
        # Its lock is held before it has the name of what may be removed when nobody holds it.
        folder = made.rename(root / made.name.replace(_MAKING, _PREFIX, 1))
    except OSError as error:
        raise DeepginError(f"{root} cannot be written ({error.strerror}): set TMPDIR") from error
    try:
        yield folder
    finally:
        lock.close()
        shutil.rmtree(folder, ignore_errors=True)


def _remove_dead(root: Path) -> None:
    """Remove the folders whose lock nobody holds any more."""
    for folder in root.glob(f"{_PREFIX}*"):
        if (folder / _LOCK).is_file():
            with suppress(DeepginError):
                hold(folder / _LOCK, DeepginError("in use")).close()
                shutil.rmtree(folder, ignore_errors=True)
