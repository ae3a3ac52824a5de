"""Where a run stands, how long its stages are, and the learning rates of the next step."""

import math
import re
from dataclasses import dataclass, field

from ..errors import UsageError
from ..masks import KINDS
from .recipe import Amount, Recipe

WARM_UP, MAIN = "warm_up", "main"

_MOST = 1e12
"""More samples than checkpoints are numbered for."""


@dataclass
class Progress:
    """Where a run stands.

    Attributes:
        stage: warm_up or main.
        stage_begun: the samples at which that stage began.
        stage_steps: steps since then, and so since the optimizers were fresh.
        steps: steps so far, skipped ones included.
        samples: pictures under a mask seen so far.
        positions: where the next batch of each process begins.
        seconds: time spent in steps.
        best: the best validation of this stage; higher is better.
        validated: the samples at which the last validation was made; -1 before the first.
        rate_factor: halved whenever the run diverged and went back.
    """

    stage: str = WARM_UP
    stage_begun: int = 0
    stage_steps: int = 0
    steps: int = 0
    samples: int = 0
    positions: list[dict[str, int]] = field(default_factory=list)
    seconds: float = 0.0
    best: float = -math.inf
    validated: int = -1
    rate_factor: float = 1.0

    def position(self, rank: int) -> dict[str, int]:
        """Return where a process goes on; a new one begins where the first one does."""
        return self.positions[rank if rank < len(self.positions) else 0] if self.positions else {}

    @property
    def stage_samples(self) -> int:
        return self.samples - self.stage_begun

    def count(self, samples: int, positions: list[dict[str, int]]) -> None:
        """Count a step of so many samples; the next one begins at `positions`."""
        self.steps += 1
        self.stage_steps += 1
        self.samples += samples
        self.positions = positions

    def begin_main(self) -> None:
        """Enter the main stage."""
        self.stage, self.stage_begun = MAIN, self.samples
        self.stage_steps, self.best = 0, -math.inf


@dataclass(frozen=True)
class Rates:
    """The learning rates of a step; a network whose rate is None is left as it is."""

    generator: float | None
    discriminators: float | None


class Schedule:
    """A recipe's lengths in samples, where an epoch has `pictures` pictures (0: not known).

    Raises:
        UsageError: names a field that is no amount, or counts epochs that are not known.
    """

    def __init__(self, recipe: Recipe, pictures: int) -> None:
        self.recipe = recipe

        def samples(stage: str, name: str) -> int:
            amount = getattr(getattr(recipe, stage), name)
            return samples_of(amount, pictures, f"{stage}.{name}")

        self.warm_up = samples(WARM_UP, "length")
        self.warm_up_decay = samples(WARM_UP, "decay")
        self.main = samples(MAIN, "length")
        self.main_decay = samples(MAIN, "decay")
        self.discriminator_first = samples(MAIN, "discriminator_first")
        if not self.warm_up and not self.main:
            raise UsageError(
                "warm_up.length and main.length are both 0: there is nothing to do",
                field="warm_up.length",
            )

    def main_is_due(self, progress: Progress) -> bool:
        """Return whether the warm-up is over and a main stage comes."""
        over = progress.stage == WARM_UP and progress.samples >= self.warm_up
        return over and bool(self.main)

    def samples_left(self, progress: Progress) -> int:
        """Return the samples until the stage at hand ends."""
        length = self.warm_up if progress.stage == WARM_UP else self.main
        return length - progress.stage_samples

    def rates(self, progress: Progress) -> Rates:
        """Return the rates of the next step; the discriminators may have the first ones alone."""
        ramp, left = self.recipe.optimiser.ramp_steps, self.samples_left(progress)

        def now(rate: float, decay: int) -> float:
            return progress.rate_factor * learning_rate(
                rate, ramp, progress.stage_steps, left, decay
            )

        if progress.stage == WARM_UP:
            return Rates(now(self.recipe.warm_up.rate, self.warm_up_decay), None)
        main, alone = self.recipe.main, progress.stage_samples < self.discriminator_first
        return Rates(
            None if alone else now(main.rate, self.main_decay),
            now(main.discriminator_rate, self.main_decay),
        )


def samples_of(amount: Amount, pictures: int, field: str) -> int:
    """Return an amount in samples; "10 epochs" are of pictures under one mask of each kind.

    Raises:
        UsageError: names the `field` whose amount is no number of samples or epochs.
    """
    number, _, unit = str(amount).strip().partition(" ")
    try:
        value = float(number)
        if not 0 <= value <= _MOST or not re.fullmatch("(samples?|epochs?)?", unit.strip()):
            raise ValueError
    except ValueError:
        raise UsageError(
            f"{field} '{amount}' does not work: a number of samples such as 60000, or '10 epochs'",
            field=field,
        ) from None
    if not unit.strip().startswith("epoch"):
        return round(value)
    if not pictures:
        raise UsageError(
            f"{field} '{amount}': how long an epoch is cannot be known; say samples", field=field
        )
    return math.ceil(value * pictures) * len(KINDS)


def learning_rate(rate: float, ramp_steps: int, steps: int, samples_left: int, decay: int) -> float:
    """Return the rate of the next step.

    It rises linearly over the first `ramp_steps` of a fresh optimizer, then stays at `rate`, then
    falls linearly to zero over the last `decay` samples of the stage, a little every step ([P];
    [C] once an epoch, one epoch late). 0 leaves out the rise or the fall.
    """
    if ramp_steps:
        rate *= min(1.0, (steps + 1) / ramp_steps)
    if decay:
        rate *= min(1.0, max(0.0, samples_left / decay))
    return rate
