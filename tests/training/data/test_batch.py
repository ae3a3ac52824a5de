"""What is told of a batch."""

import pytest
import torch

from deepgin.training.data import Batch


@pytest.mark.parametrize("guided", [False, True])
def test_pinning_takes_every_tensor_along(monkeypatch: pytest.MonkeyPatch, guided: bool) -> None:
    pinned: list[int] = []

    def pin(tensor: torch.Tensor) -> torch.Tensor:
        copy = tensor.clone()
        pinned.append(id(copy))
        return copy

    monkeypatch.setattr(torch.Tensor, "pin_memory", pin)
    one = torch.zeros(1)
    batch = Batch(one, one, one if guided else None, {"pictures": 3}, {"a": "why"}).pin_memory()
    tensors = [t for t in (batch.pictures, batch.masks, batch.guidance) if t is not None]
    assert sorted(map(id, tensors)) == sorted(pinned)
    assert len(pinned) == 2 + guided
    assert (batch.position, batch.unreadable) == ({"pictures": 3}, {"a": "why"})
