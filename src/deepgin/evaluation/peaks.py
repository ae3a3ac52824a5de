"""How much memory a piece of work takes at its peak, in this process. Nothing is freed here."""

from contextlib import suppress
from pathlib import Path

import torch

_MB = 1e6


class Peak:
    """The growth of memory from when it is made to when it is asked, at its highest.

    On CUDA what PyTorch has allocated; else the process's resident memory, as Linux counts it. What
    the allocator had kept of earlier work and gives out again is not seen: some tens of MB.
    """

    def __init__(self) -> None:
        if torch.cuda.is_initialized():
            torch.cuda.reset_peak_memory_stats()
            self._before = torch.cuda.memory_allocated() / _MB
            return
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        self._before = _resident("VmRSS:")

    def growth(self) -> float | None:
        """Return it in MB; None where the system does not tell."""
        if torch.cuda.is_initialized():
            return torch.cuda.max_memory_allocated() / _MB - self._before
        now = _resident("VmHWM:")
        return None if now == 0 else max(0.0, now - self._before)


def _resident(name: str) -> float:
    with suppress(OSError, ValueError, IndexError):
        status = Path("/proc/self/status").read_text()
        return int(status.split(name)[1].split()[0]) * 1024 / _MB
    return 0.0
