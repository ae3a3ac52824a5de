"""The fast steps of a run: from its state, batches and schedule to what the log shows."""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec

import torch
from torch import nn

from ...masks import KINDS
from ..data import Batch
from ..optimisers import load_optimizer
from ..processes import StopSignals
from ..recipe import Recipe
from ..schedule import Rates, Schedule
from ..step import StepSetup
from .flat import FlatParameters
from .graph import Capture
from .ops import TorchOperations, operations
from .steps import MainStep, WarmUpStep

_SECONDS = 2.0
"""Between two readings of a GPU's sums, which wait for it. Reading a CPU's costs nothing."""
_AHEAD = 2
"""Steps that may be under way: the clock should tell of work that is done."""


class FastSteps:
    """Takes a run's steps without waiting for a GPU; reads their means every few seconds.

    While it does, network and averages of the run's state are views of `FlatParameters`, so that
    validation and checkpoints work as ever; momenta are brought into the optimizers by
    `RunState.settle`. On a CPU every step is read.

    Args:
        recipe: of the run.
        setup: what steps work on.
        schedule: has the rates.
        stop: is asked whether to stop.
        say: takes a line, once, on what cannot be as fast.
    """

    def __init__(
        self,
        recipe: Recipe,
        setup: StepSetup,
        schedule: Schedule,
        stop: StopSignals,
        say: Callable[[str], None],
    ) -> None:
        self.recipe, self.setup, self.state, self.ranks = recipe, setup, setup.state, setup.ranks
        self.schedule, self.stop, self.say = schedule, stop, say
        self.device, self.precision = self.ranks.device, setup.objective.precision
        if self.precision == torch.float32:  # that of the parameters, which tests have in float64
            self.precision = next(self.state.network.parameters()).dtype
        self.pictures = recipe.data.pictures_per_step
        self.capture, self.operations = Capture(say), operations(self.device)
        self.cuda = self.device.type == "cuda"
        self.seconds = _SECONDS if self.cuda else 0.0
        if self.cuda and not find_spec("triton"):
            say("Triton is not installed, and steps are slower: pip install triton")
        if self.cuda and not self.ranks.alone:
            say("with several processes, steps are not captured as a CUDA graph")
        if self.cuda and self.precision == torch.bfloat16:
            torch.backends.cudnn.benchmark = torch.backends.cudnn.allow_tf32 = True
            torch.backends.cuda.matmul.allow_tf32 = True
        self._under_way: deque[torch.cuda.Event] = deque()
        self._unreadable = 0

    def begin(self) -> None:
        """Take over the state as it is, and capture a step.

        Raises:
            torch.OutOfMemoryError: not even one picture a step fits.
        """
        state, how = self.state, self.recipe.optimiser
        self._step: WarmUpStep | None = None
        self._run: Callable[[], object] | None = None  # a graph holds its memory
        averages = state.averages
        self.flat = self._flat(
            state.network, self.precision, how.name, state.optimizer, len(averages.half_lives)
        )
        averages.move_to([self.flat.weights(vector) for vector in self.flat.averages])
        self.judges: FlatParameters | None = None
        if state.discriminators is not None and state.discriminator_optimizer is not None:
            optimizer = state.discriminator_optimizer
            self.judges = self._flat(
                state.discriminators,
                next(state.discriminators.parameters()).dtype,
                how.discriminators,
                optimizer,
            )
        state.settle = self._settle
        self._prepare()
        self._limit()
        self._steps, self._every, self._read_at = 0, 1, time.monotonic()

    def _flat(
        self,
        network: nn.Module,
        precision: torch.dtype,
        name: str,
        optimizer: torch.optim.Optimizer,
        averages: int = 0,
    ) -> FlatParameters:
        flat = FlatParameters(
            network,
            precision,
            averages,
            muon=name == "muon",
            orthogonal_precision=self.precision,
            betas=(self.recipe.optimiser.beta1, self.recipe.optimiser.beta2),
        )
        flat.load_optimizer_state(optimizer.state_dict())
        return flat

    def _settle(self) -> None:
        state = self.state
        load_optimizer(state.optimizer, self.flat.optimizer_state())
        if self.judges is not None and state.discriminator_optimizer is not None:
            load_optimizer(state.discriminator_optimizer, self.judges.optimizer_state())

    def _prepare(self) -> None:
        """Make the step and capture it; with fewer pictures, or without Triton, where it must be."""
        while self._run is None:
            try:
                self._step = self._new_step()
                if self.ranks.alone:
                    self._run = self.capture(self._step, self._step.changing, self.device)
                else:  # to capture the exchange of gradients was never tried
                    self._run = self._step
                continue
            except torch.OutOfMemoryError:
                if self.pictures == 1 or not self.ranks.alone:
                    raise
                pictures = self.pictures
                self.pictures = next(n for n in range(pictures // 2, 0, -1) if pictures % n == 0)
                self.say(
                    f"low memory on {self.device}: {self.pictures} pictures a step are used "
                    f"instead of {pictures}"
                )
            except Exception as error:
                if isinstance(self.operations, TorchOperations):
                    raise
                self.operations = TorchOperations()
                reason = " ".join(str(error).split())[:200]
                self.say(f"Triton fails, and PyTorch's slower operations are used: {reason}")
            self._step = None
            if self.cuda:
                torch.cuda.empty_cache()

    def _new_step(self) -> WarmUpStep:
        state, objective, size = self.state, self.setup.objective, self.recipe.data.size
        arguments = (state.network, self.flat, objective, self.pictures, size)
        average = None if self.ranks.alone else self.ranks.average
        if state.discriminators is None or self.judges is None:
            return WarmUpStep(
                *arguments, clip=self.setup.clip, average_ranks=average, using=self.operations
            )
        return MainStep(
            *arguments,
            discriminators=state.discriminators,
            discriminator_flat=self.judges,
            precision=self.precision,
            clip=self.setup.clip,
            average_ranks=average,
            using=self.operations,
        )

    def take(self, batch: Batch) -> dict[str, float] | None:
        """Take a step on a batch, or several on its parts.

        Returns:
            Means since the last ones that were returned; None between two readings.
        """
        p = self.state.progress
        for first in range(0, len(batch.pictures), self.pictures):
            self._launch(batch, slice(first, first + self.pictures))
        self._unreadable += len(batch.unreadable)
        if self.ranks.alone:
            p.positions = [batch.position]
        asked = self.stop.asked and self.ranks.alone
        over = self.schedule.samples_left(p) <= 0 or self._are_alone() != self._alone
        return self._read(batch.position) if self._steps >= self._every or asked or over else None

    def _launch(self, batch: Batch, part: slice) -> None:
        """Take a step on part of a batch; what it finds stays on the device."""
        assert self._step is not None and self._run is not None
        p, averages, rates = self.state.progress, self.state.averages, self._rates()
        guidance = None if batch.guidance is None else batch.guidance[part]
        batch = replace(
            batch, pictures=batch.pictures[part], masks=batch.masks[part], guidance=guidance
        )
        samples = len(batch.pictures) * len(KINDS) * self.ranks.share.ranks
        p.count(samples, p.positions)
        shares = averages.shares(samples, p.stage_samples)
        if rates.generator is None:
            shares = [0.0] * len(shares)
        generator, discriminators = rates.generator or 0.0, rates.discriminators or 0.0
        self._step.set(shares, rate=generator, discriminator_rate=discriminators)
        self._step.load(batch)
        self._run()
        self._steps += 1
        if self.cuda:
            self._under_way.append(torch.cuda.Event())
            self._under_way[-1].record()
            if len(self._under_way) > _AHEAD:
                self._under_way.popleft().synchronize()

    def _read(self, position: dict[str, int]) -> dict[str, float]:
        """Wait for the device; judge what it has done, together with all processes."""
        assert self._step is not None
        means, p = self._step.means(), self.state.progress
        steps = round(means.pop("steps"))
        accepted = round(means["accepted"] * steps)
        self.state.guard.note(
            accepted,
            steps - accepted,
            None if self._alone or not accepted else (means["loss"], means["norm"]),
        )
        now = time.monotonic()
        every = steps * self.seconds / max(now - self._read_at, 1e-6)
        mine = {"every": max(1, min(4 * steps, round(every))), "unreadable": self._unreadable}
        everyone = self.ranks.gather(mine | {"stopping": int(self.stop.asked)} | position)
        self._steps, self._unreadable, self._read_at = 0, 0, now
        self._every = everyone[0]["every"]
        p.positions = [{name: other[name] for name in position} for other in everyone]
        self._limit()
        sums = {name: sum(other[name] for other in everyone) for name in ("stopping", "unreadable")}
        return means | sums

    def _rates(self) -> Rates:
        return self.schedule.rates(self.state.progress)

    def _are_alone(self) -> bool:
        """Return whether the discriminators learn alone in the next step."""
        return self._rates().generator is None

    def _limit(self) -> None:
        """Let the next steps know what explodes; with the discriminators alone, nothing does."""
        assert self._step is not None
        self._alone = self._are_alone()
        loss, norm = (math.inf, math.inf) if self._alone else self.state.guard.limits()
        self._step.set(loss_limit=loss, norm_limit=norm)
