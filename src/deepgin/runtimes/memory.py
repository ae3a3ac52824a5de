"""Free memory, and errors that say it ran out."""

import ctypes
import os
from contextlib import suppress
from pathlib import Path

UNKNOWN = 1 << 40
_WORDS = (
    "not enough memory",
    "out of memory",
    "can't allocate memory",
    "failed to allocate memory",
    "bad allocation",
    "bad_alloc",
)


def free_on_host() -> int:
    """Return the bytes that are free for this process; 1 TiB where that cannot be known."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return min(int(line.split()[1]) * 1024, _limit_of_group())
    with suppress(OSError, ValueError, AttributeError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    with suppress(OSError, ValueError, AttributeError):
        # No system call says what is free (macOS): half of what is built in.
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    return UNKNOWN


def _limit_of_group(root: Path = Path("/sys/fs/cgroup")) -> int:
    """Return what a container's limit leaves (control groups version 2), if there is one."""
    with suppress(OSError, ValueError):
        limit = int((root / "memory.max").read_text())
        used = int((root / "memory.current").read_text())
        # Cached files count as used, and make way.
        stat = dict(line.split() for line in (root / "memory.stat").read_text().splitlines())
        return max(0, limit - used + int(stat.get("inactive_file", 0)))
    return UNKNOWN


def give_back() -> None:
    """Give the memory that is freed back to the system, where glibc keeps it."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def ran_out(error: BaseException) -> bool:
    """Return whether an error says that memory ran out, on whatever device."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(words in text for words in _WORDS)
