"""The style distance in the hole. Where the features come from is in hole_features.py."""

from collections.abc import Sequence

from torch import Tensor

from .hole_features import check_layers


def style_distance(
    picture: Sequence[Tensor], truth: Sequence[Tensor], holes: Sequence[Tensor]
) -> float:
    """Return the mean over layers of |G(picture) - G(truth)| / |G(truth)|, Frobenius norms.

    G = sum_p h(p) f(p) f(p)^T / sum_p h(p), the Gram matrix of the features f over the hole: h is
    the share of a place that lies in it. It tells which features occur together and how strongly,
    not where: texture of the right kind scores well though no pixel agrees. Where a truth has no
    features at all, it is 0 for none and else infinite.

        >>> import torch
        >>> one, other = torch.tensor([[[1.0, 7.0]]]), torch.tensor([[[2.0, 3.0]]])
        >>> style_distance([one], [other], [torch.tensor([[1.0, 0.0]])])  # |1 - 4| / 4
        0.75

    Args:
        picture, truth: for each layer its features after their ReLU, C x H x W.
        holes: for each layer h in [0, 1], H x W, not 0 throughout.

    Returns:
        0 for equal matrices, no upper end.

    Raises:
        UsageError: the layers or shapes do not go together, or a hole is empty.
    """
    check_layers(picture, truth, holes)
    total = 0.0
    for ours, theirs, hole in zip(picture, truth, holes, strict=True):
        wanted = _gram(theirs, hole)
        apart, size = float((_gram(ours, hole) - wanted).norm()), float(wanted.norm())
        total += apart / size if size else float("inf") if apart else 0.0
    return total / len(holes)


def _gram(features: Tensor, hole: Tensor) -> Tensor:
    """Return the C x C matrix of C x H x W features over a hole."""
    return (features * hole).flatten(1) @ features.flatten(1).T / hole.sum()
