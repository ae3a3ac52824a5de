"""One step of either stage, from the forward pass to the moving averages."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from ..devices import autocast
from ..masks import KINDS
from ..network import Filled, Generator
from .data import Batch
from .objective import Objective, Terms
from .processes import Ranks
from .recipe import NetworkRecipe
from .schedule import Rates
from .state import RunState


@dataclass
class StepSetup:
    """What steps work on and how.

    Attributes:
        state: what a step changes.
        objective: what it minimises.
        ranks: the processes that share a step.
        network: runs the generator: `state.network`, or the same compiled.
        clip: the generator's gradient norm is scaled down to this; 0 leaves it.
        accumulate: number of parts that a batch is split into.
    """

    state: RunState
    objective: Objective
    ranks: Ranks
    network: Callable[..., Filled]
    clip: float = 0.0
    accumulate: int = 1


def train_step(
    setup: StepSetup, batch: Batch, rates: Rates, stop_asked: Callable[[], bool] = lambda: False
) -> dict[str, float]:
    """Take one step on P pictures, each under its masks of all kinds.

    Generator and discriminators learn from the same completed pictures [C]; both gradients are
    those before either step. An exploding step changes no weight.

    Returns:
        Means over all processes: the losses before their weights, `loss`, gradient norms,
        `stopping` (above 0 once any process was asked to stop), `unreadable` pictures of this
        batch, `accepted`.
    """
    state, objective, ranks = setup.state, setup.objective, setup.ranks
    learns = rates.generator is not None  # else the discriminators are trained alone
    # First, because a process that is gone is noticed here, before anything is half done.
    positions = ranks.gather(batch.position)
    totals: dict[str, Tensor] = defaultdict(lambda: torch.zeros((), device=ranks.device))

    def backward(terms: Terms) -> None:
        (terms.total / setup.accumulate).backward()
        for name, value in {"loss": terms.total.detach(), **terms.parts}.items():
            totals[name] = totals[name] + value / setup.accumulate

    for image, mask, *guidance in _parts(setup, batch):
        with torch.set_grad_enabled(learns), autocast(ranks.device, objective.precision):
            filled = setup.network(image, mask, *guidance)
        if state.discriminators is None:
            backward(objective.warm_up(filled, image, mask))
            continue
        scores = objective.discriminate(state.discriminators, filled, image, mask)
        if learns:
            backward(objective.generator(filled, image, mask, scores))
        backward(objective.discriminators(scores))

    totals["stopping"] = torch.tensor(float(stop_asked()), device=ranks.device)
    unreadable = float(len(batch.unreadable) * ranks.share.ranks)  # a sum, of which means are taken
    totals["unreadable"] = torch.tensor(unreadable, device=ranks.device)
    networks = [network for network in (state.network, state.discriminators) if network is not None]
    grads = [p.grad for network in networks for p in network.parameters() if p.grad is not None]
    ranks.average([*grads, *totals.values()])

    totals["norm"] = gradient_norm(state.network, setup.clip)
    if state.discriminators is not None:
        totals["norm_discriminators"] = gradient_norm(state.discriminators)
    values = torch.stack([value.double() for value in totals.values()]).tolist()  # one wait
    facts: dict[str, float] = dict(zip(totals, values, strict=True))
    norms = (facts["norm"], facts.get("norm_discriminators", 0.0))
    accepted = state.guard.accepts(facts["loss"], *norms, compare=learns)

    for optimizer, rate in (
        (state.optimizer, rates.generator),
        (state.discriminator_optimizer, rates.discriminators),
    ):
        if optimizer is not None:
            if accepted and rate is not None:
                for group in optimizer.param_groups:
                    group["lr"] = rate
                optimizer.step()
            optimizer.zero_grad()
    samples = batch.masks.shape[0] * batch.masks.shape[1] * ranks.share.ranks
    state.progress.count(samples, positions)
    if learns:
        state.averages.update(samples, state.progress.stage_samples)
    return facts | {"accepted": float(accepted)}


def _parts(setup: StepSetup, batch: Batch) -> Iterator[tuple[Tensor, ...]]:
    """Yield images N x 3 x S x S in [0, 1], masks N x 1 x S x S, perhaps guidance as the images."""
    dtype, device = next(setup.state.network.parameters()).dtype, setup.ranks.device

    def scaled(pictures: Tensor) -> Tensor:
        image = pictures.to(device, non_blocking=True).to(dtype) / 255
        image = image.repeat_interleave(len(KINDS), 0)
        return image.contiguous(memory_format=torch.channels_last)

    size = len(batch.pictures) // setup.accumulate
    for first in range(0, size * setup.accumulate, size):
        part = slice(first, first + size)
        mask = batch.masks[part].to(device, non_blocking=True).flatten(0, 1).unsqueeze(1).to(dtype)
        guidance = () if batch.guidance is None else (scaled(batch.guidance[part]),)
        yield scaled(batch.pictures[part]), mask, *guidance


def gradient_norm(network: nn.Module, clip: float = 0.0) -> Tensor:
    """Return the norm of all gradients together, after scaling them down to `clip` if it is set."""
    norm = torch.nn.utils.clip_grad_norm_(network.parameters(), clip or float("inf"))
    return norm.to(next(network.parameters()).device)  # torch's 0 of no gradients is on the CPU


def prepare_network(network: Generator, recipe: NetworkRecipe) -> Callable[..., Filled]:
    """Return what a step calls in place of `network`; weights and results are the same.

    With `recompute`, only the inputs of blocks, encoders and decoders are kept, and they run again
    backwards: the gradients are the same bits, and a step takes about a third longer.
    """
    if recipe.recompute:
        parts = [network.stage1.encoder, *network.stage1.middle, network.stage1.decoder]
        if stage2 := network.stage2:
            parts += [stage2.e1, stage2.e2, stage2.e3, stage2.e4, stage2.e5, *stage2.middle]
            parts += [stage2.d1, stage2.d2, stage2.d3, stage2.d4]
        for part in parts:
            part.forward = partial(checkpoint, part.forward, use_reentrant=False)
    return torch.compile(network) if recipe.compile else network
