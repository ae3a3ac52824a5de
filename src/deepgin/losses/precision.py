"""What keeps losses in float32 at least, whatever autocast made of their inputs."""

import torch
from torch import Tensor


def full(x: Tensor) -> Tensor:
    """Return half-precision tensors as float32, others as they are (float64 stays float64)."""
    return x.float() if x.dtype in (torch.bfloat16, torch.float16) else x


def no_autocast(x: Tensor) -> torch.autocast:
    """Return a context in which products on the device of `x` keep their inputs' type."""
    return torch.autocast(x.device.type, enabled=False)
