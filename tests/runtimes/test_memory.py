"""What is free, and which errors mean that memory ran out."""

import platform
import re
from pathlib import Path

import pytest
import torch

from deepgin.runtimes import memory
from deepgin.runtimes.memory import UNKNOWN, free_on_host, ran_out


def test_what_is_free_is_plausible():
    assert 1 << 20 < free_on_host() <= 1 << 45


def test_a_containers_limit_counts(tmp_path):
    assert memory._limit_of_group(tmp_path) == UNKNOWN
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("700\n")
    (tmp_path / "memory.stat").write_text("anon 500\ninactive_file 150\n")
    assert memory._limit_of_group(tmp_path) == 450
    (tmp_path / "memory.max").write_text("max\n")
    assert memory._limit_of_group(tmp_path) == UNKNOWN


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate"),
        RuntimeError("std::bad_alloc"),
        Exception("[ONNXRuntimeError] : 6 : Failed to allocate memory for requested buffer"),
        Exception("bad allocation"),
    ],
)
def test_errors_of_memory(error):
    assert ran_out(error)
    assert not ran_out(type(error)("other")) or isinstance(error, MemoryError)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of glibc alone")
def test_what_is_freed_goes_back():
    def resident():
        status = Path("/proc/self/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) << 10

    blocks = [bytearray(60_000) for _ in range(2000)]
    for block in blocks:
        block[::4096] = b"x" * len(block[::4096])
    kept = blocks[::50]  # between the others, so that these do not go back by themselves
    del blocks, block
    before = resident()
    memory.give_back()
    assert before - resident() > 60 << 20
    assert len(kept) == 40
