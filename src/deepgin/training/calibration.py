"""Weights of perceptual and style loss for a network that is not the paper's. See also balance.py."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias, cast

import numpy as np
import torch
from torch import Tensor

from ..errors import UsageError
from ..losses import Form, PictureLosses, reconstruction, total_variation
from ..losses.layers import LAYERS
from ..network import Filled
from ..perceptual import Vgg
from ..runtimes.torch import TorchRuntime, from_array
from ..testsets import EvaluationSet
from .recipe import LossRecipe

Example: TypeAlias = tuple[Filled, Tensor, Tensor]
"""What a generator made of a batch, the truth N x 3 x H x W in [0, 1], the mask N x 1 x H x W."""

TERMS = ("perceptual", "style")
_BATCH = 4


@dataclass
class Calibration:
    """The terms of the main stage's loss as it begins, and the weights that follow from them.

    All terms are means over the samples, before their weights.

    Attributes:
        paper: the losses that the reference is weighted with.
        samples: pictures under masks that were measured.
        l1: the sum of eq. 1, with its weight of the hole.
        total_variation: of the completed pictures.
        reference: layer to `perceptual` and `style` through the reference.
        given: likewise through the given network.
    """

    paper: LossRecipe
    samples: int = 0
    l1: float = 0.0
    total_variation: float = 0.0
    reference: dict[str, dict[str, float]] = field(default_factory=dict)
    given: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def perceptual(self) -> float:
        """The weight of the perceptual loss through the given network."""
        return self._weight("perceptual")

    @property
    def style(self) -> float:
        """The weight of the style loss through the given network."""
        return self._weight("style")

    def _weight(self, term: str) -> float:
        """Return weight_paper * term_reference / term_given."""
        given, paper = total(self.given, term), float(getattr(self.paper, term))
        if not given:
            raise UsageError(f"the {term} term is zero here: nothing is to be learnt from it")
        return paper * total(self.reference, term) / given

    def shares(
        self, perceptual: float, style: float, through: str = "reference"
    ) -> dict[str, float]:
        """Return each term's share of the generator's loss, without its adversarial term.

        Args:
            perceptual, style: their weights.
            through: which network, `reference` or `given`.
        """
        layers = self.reference if through == "reference" else self.given
        parts = {
            "l1": self.l1,
            "perceptual": perceptual * total(layers, "perceptual"),
            "style": style * total(layers, "style"),
            "total_variation": self.paper.total_variation * self.total_variation,
        }
        whole = sum(parts.values())
        return {name: part / whole for name, part in parts.items()}


def total(layers: dict[str, dict[str, float]], term: str) -> float:
    """Return a term's sum over layers."""
    return sum(terms[term] for terms in layers.values())


@torch.no_grad()
def calibrate(
    given: Vgg, reference: Vgg, examples: Iterable[Example], paper: LossRecipe | None = None
) -> Calibration:
    """Find the weights that give both terms the size that the paper's give them.

    Both are measured on the same completed pictures through both networks, on the layers of the
    paper that both have; weight = weight_paper * term_reference / term_given, for each.

    Args:
        given: the network to train with.
        reference: the network that the paper's weights are meant for: VGG-19 of torchvision.
        examples: what the generator that the main stage starts from makes of pictures.
        paper: the weights that are meant for the reference; None for the paper's own.

    Raises:
        UsageError: the networks have no such layer in common, or there are no examples.
    """
    paper = paper or LossRecipe()
    layers = [name for name in LAYERS if name in given.layers and name in reference.layers]
    if not layers:
        raise UsageError(f"the two networks have none of the layers {', '.join(LAYERS)} in common")
    sums, samples = Calibration(paper), 0
    for filled, truth, mask in examples:
        count, samples = len(truth), samples + len(truth)
        l1 = reconstruction(filled, truth, mask, paper.hole, paper.by_area)
        sums.l1 += count * l1.item()
        sums.total_variation += (
            count * total_variation(filled.completed, cast(Form, paper.form)).item()
        )
        for network, found in ((reference, sums.reference), (given, sums.given)):
            for name in layers:
                so_far = found.setdefault(name, dict.fromkeys(TERMS, 0.0))
                for term, value in _terms(network, name, filled, truth, paper).items():
                    so_far[term] += count * value
    if not samples:
        raise UsageError("there is no picture to calibrate with")
    return _mean(sums, samples)


def _terms(
    network: Vgg, layer: str, filled: Filled, truth: Tensor, paper: LossRecipe
) -> dict[str, float]:
    losses = PictureLosses(network, cast(Form, paper.form), TERMS)
    losses.layers = (layer,)
    return {name: term.item() for name, term in losses(filled, truth).items()}


def _mean(sums: Calibration, samples: int) -> Calibration:
    def over(layers: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
        return {
            layer: {term: value / samples for term, value in terms.items()}
            for layer, terms in layers.items()
        }

    return Calibration(
        sums.paper,
        samples,
        sums.l1 / samples,
        sums.total_variation / samples,
        over(sums.reference),
        over(sums.given),
    )


def truths_of(protocol: EvaluationSet, count: int) -> Tensor:
    """Return the first so many centre squares of a folder, N x 3 x H x W in [0, 1]."""
    truths = [protocol.truth(file) for file in protocol.pictures()[:count]]
    return from_array(np.stack(truths)).permute(0, 3, 1, 2).float() / 255


def examples_of(runtime: TorchRuntime, protocol: EvaluationSet) -> Iterator[Example]:
    """Complete a folder's centre squares, each under one frozen mask of each kind."""
    truths = [protocol.truth(file) for file in protocol.pictures()]
    for kind in protocol.kinds:
        masks = list(protocol.masks(kind))
        for i in range(0, len(truths), _BATCH):
            yield example(
                runtime, np.stack(truths[i : i + _BATCH]), np.stack(masks[i : i + _BATCH])
            )


def example(runtime: TorchRuntime, truths: np.ndarray, masks: np.ndarray) -> Example:
    """Complete a batch.

    Args:
        runtime: the generator.
        truths: uint8, N x H x W x 3.
        masks: bool, N x H x W, True = missing.
    """
    truth = from_array(truths).to(runtime.device).permute(0, 3, 1, 2).float() / 255
    mask = from_array(masks).to(runtime.device).unsqueeze(1).float()
    return runtime.outputs(truths, masks), truth, mask
