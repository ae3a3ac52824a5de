"""Files and folders at addresses that fsspec reads: listing, fetching, putting. Errors are lines."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsspec.core import url_to_fs  # type: ignore[import-untyped]
from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]

from ..errors import DeepginError, UsageError
from ..files import make_folder, whole_file
from .addresses import hidden

# What file systems tell of a file's content, the surest first.
_STAMPS = ("ETag", "etag", "md5Hash", "generation", "mtime", "LastModified", "last_modified")
_LOCKED = (401, 403, 407)
_LOCKED_WORDS = ("credential", "authentic", "forbidden", "unauthorized", "access denied", "530 ")


class PlaceError(DeepginError):
    """An address that cannot be reached, read or written.

    Attributes:
        lasting: it is missing or locked, so that there is no trying again.
    """

    def __init__(self, message: str, *, lasting: bool) -> None:
        super().__init__(message)
        self.lasting = lasting


@dataclass(frozen=True)
class Found:
    """What is known of a file without reading it: its bytes, and what changes with its content."""

    bytes: int
    stamp: str


class Place:
    """A file or folder.

    Args:
        address: a path, or what fsspec takes: s3://, gs://, https://, memory://, ...

    Attributes:
        shown: the address without passwords and queries.
        local: its path, if it is on this machine.

    Raises:
        UsageError: nothing reads such an address.
        DeepginError: what reads it is not installed.
    """

    def __init__(self, address: str) -> None:
        self.address, self.shown = address, hidden(address)
        try:
            with _told(self.shown):
                self._fs, self._path = url_to_fs(address)
        except ValueError as error:
            raise UsageError(f"{self.shown} is no address that can be read: {error}") from error
        self.local = Path(self._path) if isinstance(self._fs, LocalFileSystem) else None

    def child(self, name: str) -> "Place":
        """Return the file or folder of this name, which may have folders in it, below it."""
        made = object.__new__(Place)
        made._fs, made._path = self._fs, f"{self._path.rstrip('/')}/{name}"
        made.address = f"{self.address.rstrip('/')}/{name}"
        made.shown = hidden(made.address)
        made.local = self.local and self.local / name
        return made

    def inside(self, folder: "Place") -> str | None:
        """Return this place's name below `folder`: "." if it is the folder; None if it is not in it."""
        if self.local and folder.local:
            path, root = self.local.resolve(), folder.local.resolve()
            return path.relative_to(root).as_posix() if path.is_relative_to(root) else None
        path_, root_ = f"{self._path.rstrip('/')}/", f"{folder._path.rstrip('/')}/"
        if type(self._fs) is not type(folder._fs) or not path_.startswith(root_):
            return None
        return path_.removeprefix(root_).rstrip("/") or "."

    def is_folder(self) -> bool:
        """Return whether it is a folder.

        Raises:
            PlaceError: there is nothing, or it cannot be asked.
        """
        with _told(self.shown):
            return bool(self._fs.info(self._path)["type"] == "directory")

    def info(self) -> Found:
        """Return size and stamp of a file."""
        with _told(self.shown):
            return _found(self._fs.info(self._path))

    def matches(self) -> list["Place"]:
        """Return the files that a pattern with `*` names, in the order of their paths."""
        with _told(self.shown):
            names = sorted(self._fs.glob(self._path))
        return [Place(self._fs.unstrip_protocol(name)) for name in names]

    def files(self) -> dict[str, Found]:
        """Return all files below a folder that are not hidden, by name; none if there is none.

        Links to folders are not followed on this machine.
        """
        with _told(self.shown):
            try:
                listed = dict(self._listed())
            except FileNotFoundError:
                return {}
        return {
            name: listed[name]
            for name in sorted(listed, key=lambda name: name.encode("utf-8", "surrogateescape"))
            if name and not any(part.startswith(".") for part in name.split("/"))
        }

    def _listed(self) -> Iterator[tuple[str, Found]]:
        if self.local:
            for folder, _, names in os.walk(self.local):
                for name in names:
                    path = Path(folder, name)
                    if path.is_file():
                        inside = path.relative_to(self.local).as_posix()
                        yield inside, _found(self._fs.info(str(path)))
            return
        root = f"{self._path.rstrip('/')}/"
        self._fs.invalidate_cache()  # of what other processes have written since
        for path, told in self._fs.find(self._path, detail=True).items():
            if path.startswith(root) and not path.endswith("/"):
                yield path.removeprefix(root), _found(told)

    def read(self) -> bytes:
        """Return a file's content."""
        with _told(self.shown):
            content: bytes = self._fs.cat_file(self._path)
            return content

    def fetch(self, path: Path) -> None:
        """Copy the file to `path`."""
        with _told(self.shown):
            self._fs.get_file(self._path, str(path))

    def put(self, path: Path) -> None:
        """Make this a copy of the file `path`, whole or not at all.

        Where a file system shows files that are still being written, its manifest, which comes
        last and names size and hash, tells whether one is whole.
        """
        if self.local:
            make_folder(self.local.parent)
            with whole_file(self.local) as temporary:
                shutil.copyfile(path, temporary)
            return
        with _told(self.shown, "written"):
            self._fs.makedirs(self._path.rpartition("/")[0], exist_ok=True)
            self._fs.put_file(str(path), self._path)

    def write(self, content: bytes) -> None:
        """Write a small file, whole or not at all."""
        if self.local:
            make_folder(self.local.parent)
            with whole_file(self.local) as temporary:
                temporary.write_bytes(content)
            return
        with _told(self.shown, "written"):
            self._fs.makedirs(self._path.rpartition("/")[0], exist_ok=True)
            self._fs.pipe_file(self._path, content)

    def remove(self) -> None:
        """Remove a file."""
        with _told(self.shown, "removed"):
            self._fs.rm_file(self._path)


def _found(told: dict[str, Any]) -> Found:
    stamp = next((str(told[key]) for key in _STAMPS if told.get(key)), "")
    return Found(int(told.get("size") or 0), stamp)


@contextmanager
def _told(shown: str, done: str = "read") -> Iterator[None]:
    """Turn whatever a file system raises into one line that gives no secret away."""
    try:
        yield
    except (DeepginError, ValueError):
        raise
    except ImportError as error:
        text = hidden(error)
        raise DeepginError(
            f"{shown} cannot be {done}: {text} (here and on every machine of the cluster)"
        ) from error
    except Exception as error:
        # Before what is missing: HTTP's own error says so of what is locked too.
        if _is_locked(error):
            raise PlaceError(
                f"{shown} cannot be {done}: it needs a password or key that is not there or does "
                "not open it: see docs/cluster.md for where keys are looked for",
                lasting=True,
            ) from error
        if isinstance(error, FileNotFoundError):
            raise PlaceError(f"{shown}: no such file or folder", lasting=True) from error
        why = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
        raise PlaceError(f"{shown} cannot be {done}: {hidden(why)}", lasting=False) from error


def _is_locked(error: BaseException | None) -> bool:
    """Return whether an error, or what led to it, says that a password or key is missing."""
    while error is not None:
        status = getattr(error, "status", None) or getattr(error, "code", None)
        text = f"{type(error).__name__} {error}".lower()
        if status in _LOCKED or (
            not isinstance(error, FileNotFoundError) and any(word in text for word in _LOCKED_WORDS)
        ):
            return True
        error = error.__cause__ or error.__context__
    return False
