"""The two forms in which a run takes its steps: the plain one, and the fast one for CUDA."""

from typing import Protocol

from .data import Batch
from .log import Silent, Watcher
from .processes import StopSignals
from .recipe import Recipe
from .schedule import Schedule
from .step import StepSetup, train_step


class Steps(Protocol):
    """Takes steps and counts them in the run's progress."""

    def begin(self) -> None:
        """Prepare for the state as it is: at the start, in another stage, after going back.

        Raises:
            torch.OutOfMemoryError: a step does not fit.
        """

    def take(self, batch: Batch) -> dict[str, float] | None:
        """Take a step on a batch.

        Returns:
            Means as of `train_step` since the last ones; None if they are not known yet.
        """


class PlainSteps:
    """Each step's facts are known before the next."""

    def __init__(self, setup: StepSetup, schedule: Schedule, stop: StopSignals) -> None:
        self.setup, self.schedule, self.stop = setup, schedule, stop

    def begin(self) -> None:
        """Nothing is to be done."""

    def take(self, batch: Batch) -> dict[str, float]:
        """Take a step."""
        rates = self.schedule.rates(self.setup.state.progress)
        return train_step(self.setup, batch, rates, lambda: self.stop.asked)


def steps_of(
    recipe: Recipe,
    setup: StepSetup,
    schedule: Schedule,
    stop: StopSignals,
    watcher: Watcher | Silent,
) -> Steps:
    """Return what takes the steps of a run, as its recipe says."""
    device, why = setup.ranks.device, ""
    if recipe.steps == "plain" or (recipe.steps == "auto" and device.type != "cuda"):
        return PlainSteps(setup, schedule, stop)
    from .fast.generator import supports
    from .fast.run import FastSteps

    if recipe.optimiser.accumulate > 1:
        why = "optimiser.accumulate"
    elif recipe.network.compile:
        why = "network.compile"
    elif recipe.network.recompute:
        why = "network.recompute"
    elif device.type not in ("cpu", "cuda"):
        why = f"device {device.type}"
    elif not supports(setup.state.network):
        why = f"network {setup.state.network.name}"
    if why:
        watcher.line(f"{why} needs the plain steps: the fast ones are not used")
        return PlainSteps(setup, schedule, stop)
    return FastSteps(recipe, setup, schedule, stop, watcher.line)
