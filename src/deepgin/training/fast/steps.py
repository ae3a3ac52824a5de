"""Whole steps of both stages on fixed buffers, which never wait for the device."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from ...devices import autocast
from ...losses import hinge_generator
from ...masks import KINDS
from ...network import Discriminators, Filled, Generator
from ..data import Batch
from ..objective import Objective, Scores, Terms
from .flat import FlatParameters
from .generator import FastGenerator
from .losses import FastPictureLosses, Scorer
from .ops import Operations, operations

_MOST_FACTS = 32


class WarmUpStep:
    """A step of the first stage; called, it takes one on the batch that was loaded last.

    What the host may change between steps is `set`; what it may know is read by `means`, which
    alone waits for the device. A step is refused, and moves no weight or momentum, where loss or
    gradient norm is not finite or above its limit.

    Attributes:
        changing: all tensors that a step changes.

    Args:
        network: one that `supports` is true of; `flat` holds its parameters.
        flat: what is trained.
        objective: what is minimised.
        pictures: in a step, each under one mask of each kind.
        size: their side.
        clip: the gradient norm is scaled down to this; 0 leaves it.
        average_ranks: puts the mean over all processes into the tensors of a list.
        using: kernels or torch's operations; None for the best on the device.
    """

    def __init__(
        self,
        network: Generator,
        flat: FlatParameters,
        objective: Objective,
        pictures: int,
        size: int,
        *,
        clip: float = 0.0,
        average_ranks: Callable[[list[Tensor]], object] | None = None,
        using: Operations | None = None,
    ) -> None:
        self.flat, self.objective, self.clip = flat, objective, clip
        self.average_ranks = average_ranks
        device = flat.values.device
        self.generator = FastGenerator(network, flat.leaves, using or operations(device))
        shape, masks = (pictures, 3, size, size), (pictures, len(KINDS), size, size)
        # Laid out as batches are: else a copy from the host is made there first, and waits.
        zeros = torch.zeros(shape, dtype=torch.uint8, device=device)
        self._pictures = zeros.contiguous(memory_format=torch.channels_last)
        self._guidance = torch.zeros_like(self._pictures) if network.variant.guidance else None
        self._masks = torch.zeros(masks, dtype=torch.bool, device=device)
        new = flat.values.new_tensor
        self._scalars = {name: new(0.0) for name in ("rate", "discriminator_rate")}
        self._scalars |= {name: new(math.inf) for name in ("loss_limit", "norm_limit")}
        self._average_weights = [new(0.0) for _ in flat.averages]
        self._names: list[str] = []
        # Of all that is logged, over accepted steps; then how many were accepted, and all.
        self._sums = torch.zeros(_MOST_FACTS, dtype=torch.float64, device=device)

    @property
    def changing(self) -> list[Tensor]:
        return [*self.flat.changing, self._sums]

    def load(self, batch: Batch) -> None:
        """Copy a batch into the buffers; from pinned memory that does not wait either."""
        self._pictures.copy_(batch.pictures, non_blocking=True)
        self._masks.copy_(batch.masks, non_blocking=True)
        if self._guidance is not None and batch.guidance is not None:
            self._guidance.copy_(batch.guidance, non_blocking=True)

    def set(self, average_weights: Sequence[float] = (), **scalars: float) -> None:
        """Change what steps from now on read.

        Args:
            average_weights: how far each average moves towards the parameters in a step.
            scalars: rate, discriminator_rate (a network whose rate is 0 is left as it is),
                loss_limit, norm_limit.
        """
        if average_weights:
            for tensor, value in zip(self._average_weights, average_weights, strict=True):
                tensor.fill_(value)
        for name, value in scalars.items():
            self._scalars[name].fill_(value)

    def means(self) -> dict[str, float]:
        """Return means over the accepted steps since the last call, `accepted` and `steps`.

        `accepted` is the share of the steps. Without an accepted one there is no mean.
        """
        sums = self._sums.tolist()
        self._sums.zero_()
        accepted, steps = sums[-2:]
        facts = {"accepted": accepted / max(steps, 1.0), "steps": steps}
        if accepted:
            means = zip(self._names, sums, strict=False)
            facts |= {name: total / accepted for name, total in means}
        return facts

    def __call__(self) -> None:
        image, mask, filled = self._filled()
        terms = self.objective.warm_up(filled, image, mask)
        self.flat.gather(torch.autograd.grad(terms.total, list(self.flat.leaves.values())))
        self._finish({"loss": terms.total.detach(), **terms.parts})

    def _filled(self) -> tuple[Tensor, Tensor, Filled]:
        """Return images N x 3 x S x S, masks N x 1 x S x S and what the generator makes of them."""
        self.flat.lower()
        kinds, dtype = len(KINDS), self.flat.values.dtype

        def scaled(pictures: Tensor) -> Tensor:
            image = (pictures.to(dtype) / 255).repeat_interleave(kinds, 0)
            return image.contiguous(memory_format=torch.channels_last)

        image, mask = scaled(self._pictures), self._masks.flatten(0, 1).unsqueeze(1).to(dtype)
        guidance = () if self._guidance is None else (scaled(self._guidance),)
        return image, mask, self.generator(image, mask, *guidance)

    def _finish(
        self, facts: dict[str, Tensor], discriminators: FlatParameters | None = None
    ) -> None:
        """Judge the gradients that were gathered, move by them and note the facts."""
        flats = [flat for flat in (self.flat, discriminators) if flat is not None]
        if self.average_ranks is not None:
            self.average_ranks([*(flat.gradients for flat in flats), *facts.values()])
        norms = [torch.linalg.vector_norm(flat.gradients) for flat in flats]
        limits, loss = self._scalars, facts["loss"]
        accepted = (loss <= limits["loss_limit"]) & (norms[0] <= limits["norm_limit"])
        for value in (loss, *norms):
            accepted = accepted & value.isfinite()
        rates = limits["rate"], limits["discriminator_rate"]
        factors = [(self.clip / (norms[0] + 1e-6)).clamp_max(1) if self.clip else 1.0, 1.0]
        for flat, factor, rate in zip(flats, factors, rates, strict=False):
            flat.gradients.mul_(factor).masked_fill_(~accepted, 0)
            flat.step(rate, accepted)
        for average, weight in zip(self.flat.averages, self._average_weights, strict=True):
            average.lerp_(self.flat.values, weight)
        facts = facts | dict(zip(("norm", "norm_discriminators"), norms, strict=False))
        self._names = list(facts)
        values = torch.stack([value.double() for value in facts.values()])
        self._sums[: len(facts)].add_(values.masked_fill(~accepted, 0))
        self._sums[-2].add_(accepted)
        self._sums[-1].add_(1)


class MainStep(WarmUpStep):
    """A step of the second stage: the generator by all losses, and the discriminators.

    Both learn from the same two passes of the discriminators, whose weights are normalised once;
    the plain form makes a third pass, and normalises for each.

    Args:
        discriminators: `discriminator_flat` holds their parameters.
        discriminator_flat: what is trained beside the generator's; its leaves are the parameters.
        precision: of the convolutions of discriminators and perceptual network.
    """

    def __init__(
        self,
        network: Generator,
        flat: FlatParameters,
        objective: Objective,
        pictures: int,
        size: int,
        *,
        discriminators: Discriminators,
        discriminator_flat: FlatParameters,
        precision: torch.dtype,
        clip: float = 0.0,
        average_ranks: Callable[[list[Tensor]], object] | None = None,
        using: Operations | None = None,
    ) -> None:
        super().__init__(
            network,
            flat,
            objective,
            pictures,
            size,
            clip=clip,
            average_ranks=average_ranks,
            using=using,
        )
        self.discriminator_flat = discriminator_flat
        self.scorer = Scorer(discriminators, precision)
        self._spectral = list(discriminators.buffers())
        self._precision = precision
        self._fast_losses = None
        if objective.recipe.form == "paper":
            self._fast_losses = FastPictureLosses(objective.pictures, precision)

    @property
    def changing(self) -> list[Tensor]:
        return [*super().changing, *self.discriminator_flat.changing, *self._spectral]

    def __call__(self) -> None:
        image, mask, filled = self._filled()
        recipe = self.objective.recipe
        l1 = self.objective.warm_up(filled, image, mask).total
        seen = replace(  # where the gradients of all other losses meet
            filled,
            completed=filled.completed.detach().requires_grad_(),
            reconstructed=filled.reconstructed.detach().requires_grad_(),
        )
        adversarial, pull, hinge = self._discriminate(seen.completed, image, mask)
        pulls = [torch.zeros_like(pull), recipe.adversarial * pull]
        terms = self._losses(seen, image)
        total = sum(getattr(recipe, name) * term for name, term in terms.items())
        if isinstance(total, Tensor):
            inputs = (seen.reconstructed, seen.completed)
            more = torch.autograd.grad(total, inputs, materialize_grads=True)
            pulls = [a + b for a, b in zip(pulls, more, strict=True)]
        self.flat.gather(
            torch.autograd.grad(
                (l1, filled.reconstructed, filled.completed),
                list(self.flat.leaves.values()),
                (torch.ones_like(l1), *pulls),
            )
        )
        whole = l1 + total + recipe.adversarial * adversarial + hinge.total
        facts = {"loss": whole, "l1": l1, **terms, "adversarial": adversarial, **hinge.parts}
        facts = {name: value.detach() for name, value in facts.items()}
        self._finish(facts, self.discriminator_flat)

    def _losses(self, filled: Filled, image: Tensor) -> dict[str, Tensor]:
        if self._fast_losses is not None:
            return self._fast_losses(filled, image, len(KINDS))
        with autocast(image.device, self._precision):
            return self.objective.pictures(filled, image, len(KINDS))

    def _discriminate(
        self, completed: Tensor, image: Tensor, mask: Tensor
    ) -> tuple[Tensor, Tensor, Terms]:
        """Gather the discriminators' gradients.

        Returns:
            The generator's adversarial loss, its gradient by `completed`, and the discriminators'.
        """
        masked = image * (1 - mask) + mask
        image = image.detach().requires_grad_(bool(self.objective.recipe.gradient_penalty))
        self.scorer.normalise()
        fake, real = self.scorer(masked, completed), self.scorer(masked, image)
        adversarial = hinge_generator(fake)
        (pull,) = torch.autograd.grad(adversarial, completed, retain_graph=True)
        hinge = self.objective.discriminators(Scores(image, real, fake, fake))
        leaves = list(self.discriminator_flat.leaves.values())
        self.discriminator_flat.gather(torch.autograd.grad(hinge.total, leaves))
        return adversarial, pull, hinge
