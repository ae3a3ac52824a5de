"""What each stage minimises: the losses of losses/, weighted and added up."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from ..devices import autocast
from ..errors import UsageError, WeightsError, nearest_name
from ..losses import (
    PictureLosses,
    gradient_penalty,
    hinge_discriminator,
    hinge_generator,
    reconstruction,
)
from ..masks import KINDS
from ..network import Discriminators, Filled
from ..perceptual import Vgg, load_vgg
from .recipe import LossRecipe


@dataclass
class Terms:
    """One network's loss of a step.

    Attributes:
        total: what is minimised, a scalar.
        parts: by name, scalars without gradient and before their weights.
    """

    total: Tensor
    parts: dict[str, Tensor]


@dataclass
class Scores:
    """The scores of both discriminators, full size and half size, for a step's pictures.

    Attributes:
        image: the true pictures, N x 3 x H x W.
        real: scores of them, N x C x h x w each.
        detached: of the completed pictures, without a way back to the generator.
        fake: of the completed pictures, without gradients of the discriminators' weights.
    """

    image: Tensor
    real: list[Tensor]
    detached: list[Tensor]
    fake: list[Tensor]


class Objective:
    """The losses of a recipe.

    Args:
        recipe: weights and forms.
        device: where the perceptual network goes, if a loss needs it.
        precision: of convolutions.
        main: whether a main stage comes at all; without it no perceptual network is loaded.
        perceptual: the network in place of the one that the recipe names.

    Raises:
        UsageError: perceptual or style loss has a weight and no network is named.
        WeightsError: the network's file cannot be used.
    """

    def __init__(
        self,
        recipe: LossRecipe,
        device: torch.device,
        precision: torch.dtype,
        main: bool = True,
        perceptual: Vgg | None = None,
    ) -> None:
        self.recipe, self.device, self.precision = recipe, device, precision
        names = ("perceptual", "style", "total_variation") if main else ()
        weights = {name: getattr(recipe, name) for name in names if getattr(recipe, name)}
        self.weights = weights | {"l1": 1.0, "adversarial": recipe.adversarial}
        network = None
        if {"perceptual", "style"} & weights.keys():
            network = (perceptual or _perceptual(recipe.network)).to(device)
        self.pictures = PictureLosses(network, recipe.form, {*weights})

    def warm_up(self, filled: Filled, image: Tensor, mask: Tensor) -> Terms:
        """Return the first stage's loss: L1 alone."""
        l1 = reconstruction(filled, image, mask, self.recipe.hole, by_area=self.recipe.by_area)
        return Terms(l1, {"l1": l1.detach()})

    def generator(self, filled: Filled, image: Tensor, mask: Tensor, scores: Scores) -> Terms:
        """Return the second stage's loss of the generator: L1 and all others."""
        terms = {"l1": self.warm_up(filled, image, mask).total}
        with autocast(self.device, self.precision):
            terms |= self.pictures(filled, image, repeats=len(KINDS))
        terms["adversarial"] = hinge_generator(scores.fake)
        total = sum(self.weights[name] * term for name, term in terms.items())
        return Terms(total, {name: term.detach() for name, term in terms.items()})

    def discriminators(self, scores: Scores) -> Terms:
        """Return the discriminators' loss and how well they tell real from filled pictures."""
        real, fake = scores.real, scores.detached
        total = hinge_discriminator(real, fake, halved=self.recipe.form == "released")
        parts = {
            "discriminators": total,
            "score_real": torch.stack([score.float().mean() for score in real]).mean(),
            "score_fake": torch.stack([score.float().mean() for score in fake]).mean(),
            "right_real": torch.stack([(score > 0).float().mean() for score in real]).mean(),
            "right_fake": torch.stack([(score < 0).float().mean() for score in fake]).mean(),
            "in_order": torch.stack([*map(_in_order, real, fake)]).mean(),
        }
        if self.recipe.gradient_penalty:
            parts["gradient_penalty"] = gradient_penalty(real, scores.image)
            total = total + self.recipe.gradient_penalty * parts["gradient_penalty"]
        return Terms(total, {name: part.detach() for name, part in parts.items()})

    def discriminate(
        self, discriminators: Discriminators, filled: Filled, image: Tensor, mask: Tensor
    ) -> Scores:
        """Run the discriminators as [C] does: the detached fake, the real, then the fake again.

        Each pass moves their spectral norms by one power iteration. The last is for the generator
        alone: it leaves no gradient in the discriminators, and is left out where the generator is
        not trained.
        """
        masked = image * (1 - mask) + mask
        image = image.detach().requires_grad_(bool(self.recipe.gradient_penalty))

        def scores(picture: Tensor) -> list[Tensor]:
            return [layers[-1] for layers in discriminators(masked, picture)]

        with autocast(self.device, self.precision):
            detached = scores(filled.completed.detach())
            real = scores(image)
            fake = detached
            if filled.completed.requires_grad:
                with frozen(discriminators):
                    fake = scores(filled.completed)
        return Scores(image, real, detached, fake)


def _in_order(real: Tensor, fake: Tensor) -> Tensor:
    """Return the share of positions, of those whose scores differ, where the real one's is higher.

    Under spectral normalisation all scores stay near zero, and their signs mean nothing.
    """
    higher = real.detach().float().mean(1) - fake.detach().float().mean(1)
    return (higher > 0).float().sum() / (higher != 0).float().sum().clamp_min(1)


def _perceptual(name: str) -> Vgg:
    if not name:
        raise UsageError(
            "loss.network is not set: vgg19, vgg16 or a file; or set loss.perceptual and "
            "loss.style to 0",
            field="loss.network",
        )
    try:
        return load_vgg(name)
    except WeightsError as error:
        close = "" if Path(name).exists() else nearest_name(name, ["vgg19", "vgg16"])
        raise WeightsError(f"loss.network{close}: {error}", field="loss.network") from error


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Let gradients pass through a network without being taken of its weights."""
    network.requires_grad_(False)
    try:
        yield
    finally:
        network.requires_grad_(True)
