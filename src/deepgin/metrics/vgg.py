"""VGG's features around a hole, and the `vgg` and `style` distances that compare them."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import UsageError, WeightsError
from ..perceptual import VGG19, Backbone, load_vgg
from .pixels import check_shapes

LAYERS = ("conv1_2", "conv2_2", "conv3_1")
MARGIN = 24
"""Pixels around the hole that are used with it; pixels further away do not reach conv3_1."""
LONGEST = 384
"""The longest side of the window in pixels."""
_EPSILON = 1e-6
_STEP = 4  # two maxima halve the size: windows begin where the whole picture's would


class PairFeatures(NamedTuple):
    """What is compared, layer by layer.

    Attributes:
        picture, truth: features after their ReLU, C x H x W each.
        holes: the share of each place that lies in the hole, H x W each, in [0, 1].
    """

    picture: list[Tensor]
    truth: list[Tensor]
    holes: list[Tensor]


def window(hole: np.ndarray) -> tuple[slice, slice]:
    """Return the rows and columns of a picture that stand for a hole.

    They are the hole's box and 24 pixels about it, as far as the picture goes. If a side is longer
    than 384 pixels, 384 of them are taken about the median of the hole's rows or columns. They begin
    at a multiple of 4.

        >>> hole = np.zeros((100, 2000), bool)
        >>> hole[30:50, 100:1100] = True
        >>> window(hole)
        (slice(4, 74, None), slice(404, 788, None))

    Args:
        hole: bool, H x W, with a pixel at least.
    """
    return _span(hole, 0), _span(hole, 1)


def _span(hole: np.ndarray, axis: int) -> slice:
    places = np.nonzero(hole)[axis]
    start = max(0, int(places.min()) - MARGIN) // _STEP * _STEP
    stop = min(hole.shape[axis], int(places.max()) + 1 + MARGIN)
    if stop - start > LONGEST:
        middle = int(np.median(places))
        start = max(start, min(middle - LONGEST // 2, stop - LONGEST)) // _STEP * _STEP
        stop = start + LONGEST
    return slice(start, stop)


class HoleFeatures:
    """Computes the features of pairs, and keeps the last picture's and the last truth's.

    One truth is compared with the fillings of several methods, one filling by several metrics: the
    same arrays passed again in a row cost nothing. They must not change in between.
    """

    def __init__(self, backbone: Backbone, device: torch.device | str = "cpu") -> None:
        self._backbone, self._device = backbone, device
        self._kept: dict[str, tuple[np.ndarray, np.ndarray, list[Tensor]]] = {}

    def __call__(
        self, picture: np.ndarray, truth: np.ndarray, hole: np.ndarray
    ) -> PairFeatures | None:
        """Return what is compared; None where the hole has no pixel in its `window`, or it is tiny.

        Args:
            picture, truth: uint8, H x W x 3 of one shape.
            hole: bool, H x W, True = missing.

        Raises:
            UsageError: the shapes do not go together.
        """
        check_shapes(picture, truth, hole)
        if not hole.any():
            return None
        rows, columns = window(hole)
        seen = np.array(hole[rows, columns], np.float32)
        # Two maxima of 2 x 2 leave nothing of fewer pixels.
        if not seen.any() or min(seen.shape) < _STEP:
            return None
        both = {"picture": picture, "truth": truth}
        ours, theirs = (self._of(name, x, hole, (rows, columns)) for name, x in both.items())
        share = torch.from_numpy(seen).to(self._device)[None, None]
        holes = [F.interpolate(share, size=x.shape[1:], mode="area")[0, 0] for x in theirs]
        return PairFeatures(ours, theirs, holes)

    def _of(
        self, name: str, picture: np.ndarray, hole: np.ndarray, part: tuple[slice, slice]
    ) -> list[Tensor]:
        kept = self._kept.get(name)
        # By identity: an array that is kept cannot have made room for another one.
        if kept is None or kept[0] is not picture or kept[1] is not hole:
            kept = picture, hole, self._features(np.array(picture[part]))
            self._kept[name] = kept
        return kept[2]

    @torch.inference_mode()
    def _features(self, part: np.ndarray) -> list[Tensor]:
        pixels = torch.from_numpy(part).to(self._device)
        with torch.autocast(pixels.device.type, enabled=False):
            features = self._backbone(pixels.permute(2, 0, 1)[None].float() / 255, LAYERS)
            return [F.relu(features[name])[0] for name in LAYERS]


def check_layers(
    picture: Sequence[Tensor], truth: Sequence[Tensor], holes: Sequence[Tensor]
) -> None:
    """Raise UsageError for no layers, shapes that do not go together, or an empty hole."""
    shapes = [[tuple(x.shape) for x in some] for some in (picture, truth)]
    places = [tuple(x.shape) for x in holes]
    if shapes[0] != shapes[1] or [shape[1:] for shape in shapes[0]] != places or not places:
        raise UsageError(f"layers are compared by pairs: {shapes[0]}, {shapes[1]}, holes {places}")
    if not all(bool(hole.any()) for hole in holes):
        raise UsageError("a distance in the hole needs a hole: this one is empty")


def load_hole_features(weights: str | Path, device: torch.device | str = "cpu") -> HoleFeatures:
    """Load VGG-19, down to conv3_1 at least, onto a device; for `weights` see `load_vgg`.

    Raises:
        WeightsError: missing, damaged, of another network, or with too few layers.
    """
    network = load_vgg(weights)
    if network.layers != VGG19[: len(network.layers)] or LAYERS[-1] not in network.layers:
        raise WeightsError(f"{weights} does not hold VGG-19 down to {LAYERS[-1]}")
    return HoleFeatures(network.to(device), device)


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


def style_distance(
    picture: Sequence[Tensor], truth: Sequence[Tensor], holes: Sequence[Tensor]
) -> float:
    """Return the mean over layers of |G(picture) - G(truth)| / |G(truth)|, Frobenius norms.

    G = sum_p h(p) f(p) f(p)^T / sum_p h(p), the Gram matrix of the features f over the hole: h is
    the share of a place that lies in it. It tells which features occur together and how strongly,
    not where: texture of the right kind scores well though no pixel agrees. Where a truth has no
    features at all, it is 0 for none and else infinite; equal matrices give 0. For arguments and
    errors see `vgg_distance`.

        >>> import torch
        >>> one, other = torch.tensor([[[1.0, 7.0]]]), torch.tensor([[[2.0, 3.0]]])
        >>> style_distance([one], [other], [torch.tensor([[1.0, 0.0]])])  # |1 - 4| / 4
        0.75
    """
    check_layers(picture, truth, holes)
    total = 0.0
    for ours, theirs, hole in zip(picture, truth, holes, strict=True):
        target = _gram(theirs, hole)
        apart, size = float((_gram(ours, hole) - target).norm()), float(target.norm())
        total += apart / size if size else float("inf") if apart else 0.0
    return total / len(holes)


def _gram(features: Tensor, hole: Tensor) -> Tensor:
    """Return the C x C matrix of C x H x W features over a hole."""
    return (features * hole).flatten(1) @ features.flatten(1).T / hole.sum()
