"""One step of either stage: losses, gradients over parts and processes, guard, optimizers."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..devices import autocast
from ..masks import KINDS
from ..network import Filled
from .augmentation import Augmentation
from .data import Batch
from .objective import Objective, Terms
from .ranks import Ranks
from .state import RunState


@dataclass(frozen=True)
class Rates:
    """The learning rates of a step; a network whose rate is None is left as it is."""

    generator: float | None
    discriminators: float | None


class Step:
    """Takes steps on a run's state.

    Args:
        state: what a step changes.
        objective: what it minimises.
        ranks: the processes that share a step.
        precision: of convolutions.
        clip: the generator's gradient norm is scaled down to this; 0 leaves it.
        accumulate: a batch is worked off in so many parts.
        network: what runs the generator in place of `state.network` (the same, compiled).
        augment: change at random what the discriminators see.
        seed: of those changes.
    """

    def __init__(
        self,
        state: RunState,
        objective: Objective,
        ranks: Ranks,
        precision: torch.dtype,
        clip: float = 0.0,
        accumulate: int = 1,
        network: Callable[..., Filled] | None = None,
        augment: bool = False,
        seed: int = 0,
    ) -> None:
        self.augment, self.seed = augment, seed
        self.state, self.objective, self.ranks = state, objective, ranks
        self.precision, self.clip, self.accumulate = precision, clip, accumulate
        # A compiled network is asked for its length where it is asked whether it is there.
        self.network = state.network if network is None else network

    def __call__(
        self, batch: Batch, rates: Rates, stop_asked: Callable[[], bool] = lambda: False
    ) -> dict[str, float]:
        """Take one step on P pictures, each under its masks of all kinds.

        The generator's step comes first, then the discriminators' on the same completed pictures
        [C]; both gradients are those before either step. An exploding step changes no weight.

        Returns:
            Means over all processes: the losses before their weights, `loss`, gradient norms,
            `stopping` (above 0 once any process was asked to stop), `unreadable` pictures of this
            batch, `accepted`.
        """
        facts: dict[str, Tensor] = defaultdict(lambda: torch.zeros((), device=self.ranks.device))
        for image, mask, guidance, places in self._parts(batch):
            for terms in self._terms(image, mask, guidance, rates, places):
                if terms.total is not None:
                    (terms.total / self.accumulate).backward()
                    facts["loss"] = facts["loss"] + terms.total.detach() / self.accumulate
                for name, value in terms.parts.items():
                    facts[name] = facts[name] + value / self.accumulate
        facts["stopping"] = torch.tensor(float(stop_asked()), device=self.ranks.device)
        unread = float(len(batch.unreadable) * self.ranks.share.ranks)
        facts["unreadable"] = torch.tensor(unread, device=self.ranks.device)
        return self._finish(facts, rates)

    def _parts(self, batch: Batch) -> Iterator[tuple[Tensor, Tensor, Tensor | None, range]]:
        """Yield N x 3 x S x S in [0, 1], N x 1 x S x S, perhaps guidance, and places in the step.

        The tensors are on the device; the places are those of the pictures among all processes'.
        """
        dtype = next(self.state.network.parameters()).dtype

        def scaled(pictures: Tensor) -> Tensor:
            image = pictures.to(self.ranks.device, non_blocking=True).to(dtype) / 255
            image = image.repeat_interleave(len(KINDS), 0)
            return image.contiguous(memory_format=torch.channels_last)

        size = len(batch.pictures) // self.accumulate
        for part in range(self.accumulate):
            numbers = slice(part * size, (part + 1) * size)
            masks = batch.masks[numbers].to(self.ranks.device, non_blocking=True)
            guidance = None if batch.guidance is None else scaled(batch.guidance[numbers])
            mask = masks.flatten(0, 1).unsqueeze(1).to(dtype)
            first = self.ranks.share.rank * len(batch.pictures) + part * size
            yield scaled(batch.pictures[numbers]), mask, guidance, range(first, first + size)

    def _terms(
        self, image: Tensor, mask: Tensor, guidance: Tensor | None, rates: Rates, places: range
    ) -> Iterator[Terms]:
        objective, discriminators = self.objective, self.state.discriminators
        extra = () if guidance is None else (guidance,)
        with (
            torch.set_grad_enabled(rates.generator is not None),
            autocast(self.ranks.device, self.precision),
        ):
            filled = self.network(image, mask, *extra)
        if discriminators is None:
            yield objective.warm_up(filled, image, mask)
            return
        augmented = (self._augmentation(image, places),) if self.augment else ()
        judge = objective.judge(discriminators, filled, image, mask, *augmented)
        if rates.generator is not None:
            yield objective.generator(filled, image, mask, judge)
        yield objective.discriminators(judge)

    def _augmentation(self, image: Tensor, places: range) -> Augmentation:
        """Draw by step and place, so that a resumed run and other processes draw the same."""
        step = f"augment/{self.seed}/{self.state.progress.steps}"
        return Augmentation.draw(image, [f"{step}/{n}/{kind}" for n in places for kind in KINDS])

    def _finish(self, facts: dict[str, Tensor], rates: Rates) -> dict[str, float]:
        """Share gradients and facts among the processes, then step where nothing explodes."""
        state = self.state
        networks = [n for n in (state.network, state.discriminators) if n is not None]
        grads = [p.grad for n in networks for p in n.parameters() if p.grad is not None]
        self.ranks.average([*grads, *(value for value in facts.values())])
        facts["norm"] = gradient_norm(state.network, self.clip)
        if state.discriminators is not None:
            facts["norm_discriminators"] = gradient_norm(state.discriminators)
        values = torch.stack([value.double() for value in facts.values()]).tolist()  # one wait
        found = dict(zip(facts, values, strict=True))
        norms = (found["norm"], found.get("norm_discriminators", 0.0))
        accepted = state.guard.accepts(found["loss"], *norms, compare=rates.generator is not None)
        for optimizer, rate in (
            (state.optimizer, rates.generator),
            (state.discriminator_optimizer, rates.discriminators),
        ):
            if optimizer is None:
                continue
            if accepted and rate is not None:
                for group in optimizer.param_groups:
                    group["lr"] = rate
                optimizer.step()
            optimizer.zero_grad()
        return found | {"accepted": float(accepted)}


def gradient_norm(network: nn.Module, clip: float = 0.0) -> Tensor:
    """Return the norm of all gradients together, after scaling them down to `clip` if it is set."""
    return torch.nn.utils.clip_grad_norm_(network.parameters(), clip or float("inf"))
