"""How much memory is free on a device, and telling that it ran out. Planning is the caller's."""

import os
from contextlib import suppress
from pathlib import Path

import torch

_UNKNOWN = 1 << 40


def free_bytes(device: torch.device) -> int:
    """Return the bytes that are free on `device`; 1 TiB where that cannot be known."""
    if device.type == "cuda":
        # What PyTorch's allocator holds without using it is free for the next batch too.
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + kept
    with suppress(OSError, ValueError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return min(int(line.split()[1]) * 1024, _limit_of_group())
    with suppress(OSError, ValueError, AttributeError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    with suppress(OSError, ValueError, AttributeError):
        # No system call says what is free (macOS): half of what is built in.
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    return _UNKNOWN


def _limit_of_group(root: Path = Path("/sys/fs/cgroup")) -> int:
    """Return what a container's limit leaves (control groups version 2), if there is one."""
    with suppress(OSError, ValueError):
        limit = int((root / "memory.max").read_text())
        used = int((root / "memory.current").read_text())
        # Cached files count as used, and make way.
        stat = dict(line.split() for line in (root / "memory.stat").read_text().splitlines())
        return max(0, limit - used + int(stat.get("inactive_file", 0)))
    return _UNKNOWN


def ran_out(error: BaseException) -> bool:
    """Return whether an error says that memory ran out, on whatever device."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    said = str(error).lower()
    return isinstance(error, RuntimeError) and any(
        words in said for words in ("not enough memory", "out of memory", "can't allocate memory")
    )
