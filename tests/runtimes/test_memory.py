"""What is free, and which errors mean that memory ran out."""

import pytest
import torch

from deepgin.runtimes import memory
from deepgin.runtimes.memory import free_bytes, ran_out


def test_what_is_free_is_plausible():
    free = free_bytes(torch.device("cpu"))
    assert isinstance(free, int)
    assert 1 << 20 < free <= 1 << 45


def test_a_containers_limit_counts(tmp_path):
    assert memory._limit_of_group(tmp_path) == memory._UNKNOWN
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("700\n")
    (tmp_path / "memory.stat").write_text("anon 500\ninactive_file 150\n")
    assert memory._limit_of_group(tmp_path) == 450
    (tmp_path / "memory.max").write_text("max\n")
    assert memory._limit_of_group(tmp_path) == memory._UNKNOWN


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (torch.OutOfMemoryError("CUDA out of memory."), True),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
            True,
        ),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate"), True),
        (RuntimeError("MPS backend out of memory"), True),
        (RuntimeError("sizes of tensors must match"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_which_errors_mean_it(error, expected):
    assert ran_out(error) == expected
