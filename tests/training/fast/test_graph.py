"""What happens where a step cannot be captured; tests/cuda/ has where it can."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from deepgin.training.fast import graph
from deepgin.training.fast.graph import Capture

from .conftest import CPU

CUDA = torch.device("cuda")


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch) -> torch.Tensor:
    """A tensor that a step counts in; trying a step runs it here."""
    monkeypatch.setattr(graph, "_try", lambda step: step())
    return torch.zeros(())


@pytest.mark.parametrize("device", [CPU, CUDA])
def test_what_is_not_captured_is_said_once_and_called_as_it_is(
    counter: torch.Tensor, monkeypatch: pytest.MonkeyPatch, device: torch.device
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("operation not permitted\nwhen stream is capturing")

    def step() -> None:
        counter.add_(1)

    monkeypatch.setattr(torch.cuda, "CUDAGraph", lambda: None)
    monkeypatch.setattr(torch.cuda, "graph", refuse)
    lines: list[str] = []
    capture = Capture(lines.append)
    assert all(capture(step, [counter], device) is step for _ in range(2))
    assert not counter.any()
    assert len(lines) == 1
    assert "\n" not in lines[0]


def test_without_memory_all_is_as_before(counter: torch.Tensor) -> None:
    def step() -> None:
        counter.add_(1)
        raise torch.OutOfMemoryError

    capture: Callable[..., object] = Capture(pytest.fail)
    with pytest.raises(torch.OutOfMemoryError):
        capture(step, [counter], CUDA)
    assert not counter.any()
