"""What the networks do with a picture first, and with a name they lack. Their layers are elsewhere."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from ..errors import UsageError


class ImageNetScale(nn.Module):
    """(x - mean) / deviation of ImageNet's colours, as torchvision's networks were trained with."""

    mean: Tensor
    deviation: Tensor

    def __init__(self) -> None:
        super().__init__()
        for name, values in (("mean", (0.485, 0.456, 0.406)), ("deviation", (0.229, 0.224, 0.225))):
            self.register_buffer(name, torch.tensor(values).view(3, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean) / self.deviation


def check_names(names: Iterable[str], layers: tuple[str, ...], network: str) -> set[str]:
    """Return `names` as a set.

    Raises:
        UsageError: a name that is not in `layers`.
    """
    wanted = set(names)
    lacking = sorted(wanted - set(layers))
    if lacking:
        raise UsageError(
            f"this {network} has no layer {', '.join(lacking)}: it has {layers[0]} to {layers[-1]}"
        )
    return wanted
