"""The VGG distance in the hole. Where the features come from is in hole_features.py; no LPIPS here."""

from collections.abc import Sequence

from torch import Tensor

from .hole_features import check_layers

_EPSILON = 1e-6


def vgg_distance(
    picture: Sequence[Tensor], truth: Sequence[Tensor], holes: Sequence[Tensor]
) -> float:
    """Return the mean over layers of sum_p h(p) |u(p) - v(p)|^2 / sum_p h(p).

    u and v are the features of picture and truth at place p, each scaled to length one; h is the
    share of the place that lies in the hole. Unlike LPIPS it has no trained weights of channels and
    looks at the hole alone.

        >>> import torch
        >>> one, other = torch.zeros(2, 1, 2), torch.zeros(2, 1, 2)
        >>> one[0], other[0, 0, 0], other[1, 0, 1] = 3.0, 5.0, 4.0  # alike, then at right angles
        >>> round(vgg_distance([one], [other], [torch.tensor([[1.0, 0.25]])]), 4)
        0.4

    Args:
        picture, truth: for each layer its features after their ReLU, C x H x W.
        holes: for each layer h in [0, 1], H x W, not 0 throughout.

    Returns:
        0 for equal features, at most 2.

    Raises:
        UsageError: the layers or shapes do not go together, or a hole is empty.
    """
    check_layers(picture, truth, holes)
    total = 0.0
    for ours, theirs, hole in zip(picture, truth, holes, strict=True):
        squared = (_unit(ours) - _unit(theirs)).square().sum(0)
        total += float((squared * hole).sum() / hole.sum())
    return total / len(holes)


def _unit(features: Tensor) -> Tensor:
    return features / (features.norm(dim=0, keepdim=True) + _EPSILON)
