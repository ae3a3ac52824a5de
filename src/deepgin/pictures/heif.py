"""HEIC, the format of phones, through the extra `heif`: registered with Pillow when first met."""

from contextlib import suppress
from functools import cache
from pathlib import Path

HEIF_ENDINGS = frozenset([".heic", ".heif", ".hif"])
_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs")


def sees_heif(path: Path) -> bool:
    """Return whether a file is HEIC by its first bytes, whatever its name."""
    head = b""
    with suppress(OSError), open(path, "rb") as file:  # who opens it next says why
        head = file.read(12)
    named = path.suffix.lower() in HEIF_ENDINGS
    return head[4:8] == b"ftyp" and (head[8:12] in _BRANDS or named)


@cache
def heif_readable() -> bool:
    """Register HEIC with Pillow; return whether the extra is installed."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return False
    register_heif_opener()
    return True
