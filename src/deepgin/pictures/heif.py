"""HEIC, the format of phones, through the extra `heif`: registered with Pillow when first met."""

from functools import cache
from pathlib import PurePath
from typing import IO

HEIF_ENDINGS = frozenset([".heic", ".heif", ".hif"])
_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs")


def is_heif(file: IO[bytes], name: str) -> bool:
    """Return whether a file at its start is HEIC: by its first bytes, or those of AVIF and a name."""
    head = file.read(12)
    file.seek(0)
    named = PurePath(name).suffix.lower() in HEIF_ENDINGS
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
