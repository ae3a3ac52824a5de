"""How long the stages are, in samples, and the learning rate as a pure function of progress."""

import math
from dataclasses import dataclass

from ..errors import UsageError
from ..masks import KINDS
from .recipe import Amount, Recipe

WARM_UP, MAIN = "warm_up", "main"

_MOST = 1e12
"""More samples than checkpoints are numbered for."""


@dataclass(frozen=True)
class Schedule:
    """A recipe's lengths in samples; what each is, the recipe's fields of these names say."""

    warm_up: int
    warm_up_decay: int
    main: int
    main_decay: int
    discriminator_first: int

    @classmethod
    def of(cls, recipe: Recipe, pictures: int) -> "Schedule":
        """Resolve a recipe's amounts where an epoch has `pictures` pictures (0: not known).

        Raises:
            UsageError: names a field that is no amount, or counts epochs that are not known.
        """
        first, second = recipe.warm_up, recipe.main
        schedule = cls(
            samples_of(first.length, pictures, "warm_up.length"),
            samples_of(first.decay, pictures, "warm_up.decay"),
            samples_of(second.length, pictures, "main.length"),
            samples_of(second.decay, pictures, "main.decay"),
            samples_of(second.discriminator_first, pictures, "main.discriminator_first"),
        )
        if not schedule.warm_up and not schedule.main:
            raise UsageError("warm_up.length and main.length are both 0: there is nothing to do")
        return schedule


def samples_of(amount: Amount, pictures: int, field: str) -> int:
    """Return an amount in samples: "10 epochs" of pictures under one mask of each kind, say.

    Raises:
        UsageError: not a number of samples or epochs, with the name of the `field`.
    """
    number, _, unit = str(amount).strip().partition(" ")
    try:
        value = float(number)
        if not 0 <= value <= _MOST or unit.strip() not in (
            "",
            "sample",
            "samples",
            "epoch",
            "epochs",
        ):
            raise ValueError
    except ValueError:
        raise UsageError(
            f"{field} '{amount}' does not work: a number of samples such as 60000, or '10 epochs'"
        ) from None
    if not unit.strip().startswith("epoch"):
        return round(value)
    if not pictures:
        raise UsageError(f"{field} '{amount}': how long an epoch is cannot be known; say samples")
    return math.ceil(value * pictures) * len(KINDS)


def learning_rate(rate: float, ramp_steps: int, steps: int, samples_left: int, decay: int) -> float:
    """Return the rate of the next step.

    Rises linearly over the first `ramp_steps` of a fresh optimizer, then stays at `rate`, then
    falls linearly to zero over the last `decay` samples of the stage, a little every step ([P];
    [C] once an epoch, one epoch late).

    Args:
        rate: the rate between rise and fall.
        ramp_steps: 0 starts at the full rate.
        steps: taken since the optimizer was fresh.
        samples_left: of the stage.
        decay: in samples; 0 keeps the rate.
    """
    if ramp_steps:
        rate *= min(1.0, (steps + 1) / ramp_steps)
    if decay:
        rate *= min(1.0, max(0.0, samples_left / decay))
    return rate
