"""Compiled networks in the user's cache folder. What cannot be read or written is no error."""

import hashlib
import os
import sys
from contextlib import suppress
from pathlib import Path

from ..errors import DeepginError
from ..files import whole_file

KEPT = 8
"""At most so many files: four networks or sharpnesses in two precisions, 45 MB each."""
_DIGEST = 32


def folder() -> Path:
    """Return where they are: `DEEPGIN_CACHE`, or `deepgin` in the system's folder of caches."""
    if named := os.environ.get("DEEPGIN_CACHE"):
        return Path(named)
    home = Path(os.path.expanduser("~"))
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "deepgin"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "deepgin"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "deepgin"


def key_of(*facts: object) -> str:
    """Return a name for what follows from some facts."""
    return hashlib.sha256("\n".join(map(str, facts)).encode()).hexdigest()[:32]


def kept(key: str) -> bytes | None:
    """Return what is kept under a key; None where there is nothing, or it is damaged."""
    path = folder() / f"{key}.blob"
    with suppress(OSError):
        content = path.read_bytes()
        if hashlib.sha256(content[_DIGEST:]).digest() == content[:_DIGEST]:
            with suppress(OSError):
                os.utime(path)  # the oldest leave first
            return content[_DIGEST:]
    return None


def keep(key: str, blob: bytes) -> None:
    """Keep something under a key, and delete the oldest beyond `KEPT`."""
    with suppress(OSError, DeepginError):
        folder().mkdir(parents=True, exist_ok=True)
        with whole_file(folder() / f"{key}.blob") as temporary:
            temporary.write_bytes(hashlib.sha256(blob).digest() + blob)
        ages = sorted(folder().glob("*.blob"), key=lambda path: path.stat().st_mtime)
        for path in ages[:-KEPT]:
            path.unlink()
