"""Choosing device, precision and threads for PyTorch, which is imported where it is needed."""

import ctypes
import os
from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING

from .errors import UsageError

if TYPE_CHECKING:
    import torch

PRECISIONS = ("auto", "float32", "bf16")


def choose_device(name: str = "auto") -> "torch.device":
    """Return the device: `auto` takes a CUDA GPU, then Apple's, then the CPU.

    Raises:
        UsageError: there is no such device here.
    """
    import torch

    if name == "auto":
        name = "cpu"
        if torch.cuda.is_available():
            name = "cuda"
        elif torch.backends.mps.is_available():
            name = "mps"
    try:
        device = torch.device(name)
        if device.type == "meta":
            raise NotImplementedError("tensors without contents")
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, ImportError) as error:
        problem = f"device '{name}' cannot be used here"
        raise UsageError(problem, field="device", mend="try cpu, cuda or auto") from error
    return device


def choose_precision(device: "torch.device", name: str = "auto") -> "torch.dtype":
    """Return the precision of convolutions: `auto` takes bf16 where the hardware multiplies it.

    Raises:
        UsageError: not one of `PRECISIONS`.
    """
    if name not in PRECISIONS:
        mend = f"choose one of {', '.join(PRECISIONS)}"
        raise UsageError(f"no precision '{name}'", field="precision", mend=mend)
    import torch

    if name == "auto":
        fast = _cpu_multiplies_bf16() if device.type == "cpu" else _gpu_multiplies_bf16(device)
        return torch.bfloat16 if fast else torch.float32
    return torch.bfloat16 if name == "bf16" else torch.float32


def _cpu_multiplies_bf16() -> bool:
    import torch

    # Without AVX512_BF16 or AMX, oneDNN emulates bf16 and is slower than float32.
    for probe in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        with suppress(AttributeError):
            if getattr(torch.cpu, probe)():
                return True
    return False


def _gpu_multiplies_bf16(device: "torch.device") -> bool:
    import torch

    return device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0)


def autocast(device: "torch.device", precision: "torch.dtype") -> AbstractContextManager[None]:
    """Return the context in which convolutions run in `precision`."""
    import torch

    return torch.autocast(device.type, precision, enabled=precision != torch.float32)


def threads() -> int:
    """Return how many threads work at once: `OMP_NUM_THREADS`, or as many as there are cores."""
    with suppress(KeyError, ValueError):
        return max(1, int(os.environ["OMP_NUM_THREADS"]))
    return os.cpu_count() or 1


def keep_freed_memory() -> None:
    """Tell glibc to keep what is freed, so that each step need not fault its pages in again.

    A tenth to a sixth of the time of a training step or of a filling on a CPU; elsewhere this does
    nothing. It is for a process's owner to call, so commands do and the library does not.
    """
    mmap_threshold, trim_threshold = -3, -1
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(mmap_threshold, 1 << 30)
        libc.mallopt(trim_threshold, 2**31 - 1)
