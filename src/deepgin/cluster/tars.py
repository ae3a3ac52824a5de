"""Tar shards, read and written, and a worker's folder for files in work."""

import hashlib
import shutil
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import IO, Any

from ..errors import DeepginError, PictureError
from ..files import Header, hold

_PREFIX, _LOCK = "deepgin-cluster-", "lock"


class Shard:
    """A tar of this machine, perhaps compressed, whose members are read in any order and thread.

    Attributes:
        sizes: of the files in it, by name. Names lead nowhere above their folder.
        double: names that two members have.

    Raises:
        PictureError: it is damaged, cut off, or no tar.
    """

    def __init__(self, path: Path, shown: str) -> None:
        self._shown, self._lock = shown, Lock()
        try:
            self._tar = tarfile.open(path, "r:*", tarinfo=Header)  # noqa: SIM115
        except (OSError, tarfile.TarError, EOFError) as error:
            raise self._unreadable(error) from error
        try:
            files = [member for member in self._tar if member.isfile()]
        except Exception as error:  # decompressors raise what they like
            self._tar.close()
            raise self._unreadable(error) from error
        self._members = {_plain(member.name): member for member in files}
        self.sizes = {name: member.size for name, member in self._members.items()}
        counts = Counter(_plain(member.name) for member in files)
        self.double = {name for name, count in counts.items() if count > 1}

    def close(self) -> None:
        """Close the file."""
        self._tar.close()

    def read(self, name: str) -> bytes:
        """Return a member's content."""
        try:
            with self._lock:
                file: IO[bytes] | None = self._tar.extractfile(self._members[name])
                return b"" if file is None else file.read()
        except Exception as error:  # decompressors raise what they like
            raise self._unreadable(error) from error

    def _unreadable(self, error: BaseException) -> PictureError:
        why = getattr(error, "strerror", None) or " ".join(str(error).split())
        return PictureError(f"{self._shown} cannot be read as a tar shard: {why}")


def _plain(name: str) -> str:
    """Return a member's name without `./` and without a root."""
    return str(PurePosixPath(name.lstrip("/")))


def write_results(path: Path, members: Iterable[tuple[str, Path]]) -> None:
    """Write files as members of these names. The same members give the same bytes."""
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for name, source in members:
            member = tarfile.TarInfo(name)
            member.size, member.mode = source.stat().st_size, 0o644
            with source.open("rb") as file:
                tar.addfile(member, file)


def facts(path: Path) -> dict[str, Any]:
    """Return size and hash of a file, as manifests have them."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"bytes": path.stat().st_size, "sha256": digest}


@contextmanager
def scratch() -> Iterator[Path]:
    """Give an empty folder where the system keeps temporary files (TMPDIR).

    Raises:
        DeepginError: it cannot be made.
    """
    root = Path(tempfile.gettempdir())
    remove_dead(root)
    try:
        made = Path(tempfile.mkdtemp(prefix="deepgin-making-", dir=root))
        lock = hold(made / _LOCK, DeepginError(f"{made} is another worker's"))
        # Its lock is held before it has the name of what may be removed when nobody holds it.
        folder = made.rename(root / made.name.replace("deepgin-making-", _PREFIX, 1))
    except OSError as error:
        problem = f"{root} cannot be written ({error.strerror})"
        raise DeepginError(problem, mend="set TMPDIR") from error
    try:
        yield folder
    finally:
        lock.close()
        shutil.rmtree(folder, ignore_errors=True)


def remove_dead(root: Path) -> None:
    """Remove the folders of workers that died: nobody holds their lock any more."""
    for folder in root.glob(f"{_PREFIX}*"):
        if (folder / _LOCK).is_file():
            with suppress(DeepginError):
                hold(folder / _LOCK, DeepginError("in use")).close()
                shutil.rmtree(folder, ignore_errors=True)
