"""VGG's features about a hole, which `vgg` and `style` compare. The distances are in their files."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import UsageError, WeightsError
from ..perceptual import VGG19, load_vgg

Backbone = Callable[[Tensor, Iterable[str]], dict[str, Tensor]]
"""Pictures N x 3 x H x W in [0, 1] and names of layers to features before their ReLU."""

LAYERS = ("conv1_2", "conv2_2", "conv3_1")
MARGIN = 24
"""Pixels about the hole that are looked at with it: further away nothing reaches conv3_1."""
LONGEST = 384
"""Pixels, the longest side of what is looked at."""
_STEP = 4  # two maxima halve the size: windows begin where the whole picture's would


class Features(NamedTuple):
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
    same arrays, given again in a row, cost nothing. They must not be written into meanwhile.

    Args:
        backbone: the features' network, which has `LAYERS`.
        device: where it is.
    """

    def __init__(self, backbone: Backbone, device: torch.device | str = "cpu") -> None:
        self._backbone, self._device = backbone, device
        self._kept: dict[str, tuple[np.ndarray, np.ndarray, list[Tensor]]] = {}

    def __call__(self, picture: np.ndarray, truth: np.ndarray, hole: np.ndarray) -> Features | None:
        """Return what is compared; None where the hole has no pixel in its `window`, or it is tiny.

        Args:
            picture, truth: uint8, H x W x 3 of one shape.
            hole: bool, H x W, True = missing.

        Raises:
            UsageError: the shapes do not go together.
        """
        if picture.shape != truth.shape or hole.shape != truth.shape[:2] or truth.ndim != 3:
            raise UsageError(
                f"features are of one shape: {picture.shape}, {truth.shape}, hole {hole.shape}"
            )
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
        return Features(ours, theirs, holes)

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
            found = self._backbone(pixels.permute(2, 0, 1)[None].float() / 255, LAYERS)
            return [F.relu(found[name])[0] for name in LAYERS]


def check_layers(
    picture: Sequence[Tensor], truth: Sequence[Tensor], holes: Sequence[Tensor]
) -> None:
    """Refuse what distances cannot compare.

    Raises:
        UsageError: no layers, not as many of each, shapes that differ, or an empty hole.
    """
    shapes = [[tuple(x.shape) for x in some] for some in (picture, truth)]
    places = [tuple(x.shape) for x in holes]
    if shapes[0] != shapes[1] or [shape[1:] for shape in shapes[0]] != places or not places:
        raise UsageError(f"layers are compared by pairs: {shapes[0]}, {shapes[1]}, holes {places}")
    if not all(bool(hole.any()) for hole in holes):
        raise UsageError("a distance in the hole needs a hole: this one is empty")


def load_hole_features(weights: str | Path, device: torch.device | str = "cpu") -> HoleFeatures:
    """Load VGG-19 for it.

    Args:
        weights: as for `load_vgg`, of VGG-19 down to conv3_1 at least.
        device: where it computes.

    Raises:
        WeightsError: missing, damaged, of another network, or with too few layers.
    """
    network = load_vgg(weights)
    if network.layers != VGG19[: len(network.layers)] or LAYERS[-1] not in network.layers:
        raise WeightsError(f"{weights} does not hold VGG-19 down to {LAYERS[-1]}")
    return HoleFeatures(network.to(device), device)
