"""Files and folders at addresses that fsspec reads. Errors are one line without passwords."""

import re
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
from ..pictures import is_hidden, walk

# What file systems report about a file's content, best first.
_STAMPS = ("ETag", "etag", "md5Hash", "generation", "mtime", "LastModified", "last_modified")
_LOCKED = (401, 403, 407)
_LOCKED_WORDS = ("credential", "authentic", "forbidden", "unauthorized", "access denied", "530 ")
_PASSWORD = re.compile(r"(?<=://)[^/\s'\"]*@")
_QUERY = re.compile(r"(://[^\s'\"?#]*)[?#][^\s'\")]*")
_RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")


def public(text: object) -> str:
    """Return a text on one line, its addresses without passwords and queries."""
    return _QUERY.sub(r"\1", _PASSWORD.sub("", " ".join(str(text).split())))


def expanded(address: str) -> Iterator[str]:
    """Yield the addresses of one with ranges of numbers: `{08..10}.tar` is `08.tar`, `09.tar`, ...

    Raises:
        UsageError: a range that goes down.
    """
    match = _RANGE.search(address)
    if not match:
        yield address
        return
    first, last = match.groups()
    if int(first) > int(last):
        raise UsageError(
            f"{public(address)}: the range {match[0]} goes down", mend="write the least first"
        )
    for number in range(int(first), int(last) + 1):
        text = f"{number:0{len(first)}}"
        yield from expanded(address[: match.start()] + text + address[match.end() :])


class PlaceError(DeepginError):
    """An address that cannot be read or written; `lasting` where trying again does not help."""

    def __init__(self, problem: str, *, mend: str = "", lasting: bool) -> None:
        super().__init__(problem, mend=mend)
        self.lasting = lasting


@dataclass(frozen=True)
class FileInfo:
    """A file's size in bytes, and a stamp that changes with its content."""

    bytes: int
    stamp: str


class Place:
    """A file or folder at a path or an address that fsspec takes: s3://, https://, memory://, ...

    Attributes:
        shown: the address without passwords and queries.
        local: its path, if it is on this machine.

    Raises:
        UsageError: nothing reads such an address.
        DeepginError: the package that reads it is not installed.
    """

    def __init__(self, address: str) -> None:
        self.address, self.shown = address, public(address)
        try:
            with _one_line(self.shown):
                self._fs, self._path = url_to_fs(address)
        except ValueError as error:
            raise UsageError(f"{self.shown} is no address that can be read: {error}") from error
        self.local = Path(self._path) if isinstance(self._fs, LocalFileSystem) else None

    def child(self, name: str) -> "Place":
        """Return the file or folder of this name below it; the name may have folders in it."""
        made = object.__new__(Place)
        made._fs, made._path = self._fs, f"{self._path.rstrip('/')}/{name}"
        made.address = f"{self.address.rstrip('/')}/{name}"
        made.shown = public(made.address)
        made.local = self.local and self.local / name
        return made

    def inside(self, folder: "Place") -> str | None:
        """Return this place's name below `folder`: "." if they are one; None if it is not in it."""
        if self.local and folder.local:
            path, root = self.local.resolve(), folder.local.resolve()
            return path.relative_to(root).as_posix() if path.is_relative_to(root) else None
        path_, root_ = f"{self._path.rstrip('/')}/", f"{folder._path.rstrip('/')}/"
        if type(self._fs) is not type(folder._fs) or not path_.startswith(root_):
            return None
        return path_.removeprefix(root_).rstrip("/") or "."

    def is_folder(self) -> bool:
        """Return whether it is a folder; raises `PlaceError`, as the following, if it is missing."""
        with _one_line(self.shown):
            return bool(self._fs.info(self._path)["type"] == "directory")

    def info(self) -> FileInfo:
        """Return size and stamp of a file."""
        with _one_line(self.shown):
            return _info(self._fs.info(self._path))

    def matches(self) -> list["Place"]:
        """Return the files that a pattern with `*` names, in the order of their paths."""
        with _one_line(self.shown):
            names = sorted(self._fs.glob(self._path))
        return [Place(self._fs.unstrip_protocol(name)) for name in names]

    def files(self) -> dict[str, FileInfo]:
        """Return all files below a folder that are not hidden, by name; none if there is none."""
        with _one_line(self.shown):
            if self.local:
                return self._local_files(self.local)
            root = f"{self._path.rstrip('/')}/"
            self._fs.invalidate_cache()  # other processes write here too
            try:
                listed = self._fs.find(self._path, detail=True)
            except FileNotFoundError:
                return {}
        infos = {
            path.removeprefix(root): _info(info)
            for path, info in listed.items()
            if path.startswith(root) and not path.endswith("/")
        }
        names = sorted(infos, key=lambda name: name.encode("utf-8", "surrogateescape"))
        return {name: infos[name] for name in names if not is_hidden(name)}

    def _local_files(self, root: Path) -> dict[str, FileInfo]:
        if not root.is_dir():
            return {}
        tree = walk(root, suffixes=None)
        for name, why in tree.failed:
            raise PlaceError(f"{self.child(name).shown} {why}", lasting=True)
        return {path.as_posix(): _info(self._fs.info(str(root / path))) for path in tree.files}

    def read(self) -> bytes:
        """Return a file's content."""
        with _one_line(self.shown):
            content: bytes = self._fs.cat_file(self._path)
            return content

    def fetch(self, path: Path) -> None:
        """Copy the file to `path`."""
        with _one_line(self.shown):
            self._fs.get_file(self._path, str(path))

    def write(self, content: bytes | Path) -> None:
        """Write bytes or a copy of a file, whole or not at all.

        Remote storage may show a file that is still being written. Its manifest is written after
        it and has its size and hash.
        """
        if self.local:
            make_folder(self.local.parent)
            with whole_file(self.local) as temporary:
                if isinstance(content, bytes):
                    temporary.write_bytes(content)
                else:
                    shutil.copyfile(content, temporary)
            return
        with _one_line(self.shown, "written"):
            self._fs.makedirs(self._path.rpartition("/")[0], exist_ok=True)
            if isinstance(content, bytes):
                self._fs.pipe_file(self._path, content)
            else:
                self._fs.put_file(str(content), self._path)

    def remove(self) -> None:
        """Remove a file."""
        with _one_line(self.shown, "removed"):
            self._fs.rm_file(self._path)


def _info(info: dict[str, Any]) -> FileInfo:
    stamp = next((str(info[key]) for key in _STAMPS if info.get(key)), "")
    return FileInfo(int(info.get("size") or 0), stamp)


@contextmanager
def _one_line(shown: str, done: str = "read") -> Iterator[None]:
    """Turn any error of a file system into one line without secrets."""
    try:
        yield
    except (DeepginError, ValueError):
        raise
    except ImportError as error:
        raise DeepginError(
            f"{shown} cannot be {done}: {public(error)} (here and on every machine of the cluster)"
        ) from error
    except Exception as error:
        # This is asked first: HTTP raises FileNotFoundError for a locked file too.
        if _is_locked(error):
            raise PlaceError(
                f"{shown} cannot be {done}: it needs a password or key, which is missing or wrong",
                mend="see docs/cluster.md for where keys are looked for",
                lasting=True,
            ) from error
        if isinstance(error, FileNotFoundError):
            raise PlaceError(f"{shown}: no such file or folder", lasting=True) from error
        why = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
        raise PlaceError(f"{shown} cannot be {done}: {public(why)}", lasting=False) from error


def _is_locked(error: BaseException | None) -> bool:
    """Return whether an error, or a cause of it, says that a password or key is missing."""
    while error is not None:
        status = getattr(error, "status", None) or getattr(error, "code", None)
        text = f"{type(error).__name__} {error}".lower()
        if status in _LOCKED or (
            not isinstance(error, FileNotFoundError) and any(word in text for word in _LOCKED_WORDS)
        ):
            return True
        error = error.__cause__ or error.__context__
    return False
