"""What a step's loss and gradient norm may be, from the means that are read every few seconds."""

import math
from collections import deque
from collections.abc import Mapping
from statistics import median

_WINDOW = 8
_FIRST_STEPS = 50
_LOSS_FACTOR, _NORM_FACTOR = 4.0, 20.0


class RunningLimits:
    """Limits against steps that explode: some times the running medians of loss and norm.

    Attributes:
        lost: whether all steps between two readings were refused, so that the weights are bad.
        refused: number of steps so far.
    """

    def __init__(self) -> None:
        self.refused = 0
        self.forget()

    def forget(self) -> None:
        """Begin anew: other weights, or another loss."""
        self._losses: deque[float] = deque(maxlen=_WINDOW)
        self._norms: deque[float] = deque(maxlen=_WINDOW)
        self._steps, self.lost = 0, False

    def update(self, means: Mapping[str, float]) -> dict[str, float]:
        """Return `loss_limit` and `norm_limit`, for `set`, from what `means` of a step has read.

        Both are infinite until fifty steps were accepted.
        """
        accepted = round(means["accepted"] * means["steps"])
        self.refused += round(means["steps"]) - accepted
        self.lost = means["steps"] > 0 and not accepted
        if accepted:
            self._steps += accepted
            self._losses.append(means["loss"])
            self._norms.append(means["norm"])
        if self._steps < _FIRST_STEPS:
            return {"loss_limit": math.inf, "norm_limit": math.inf}
        return {
            "loss_limit": _LOSS_FACTOR * median(self._losses),
            "norm_limit": _NORM_FACTOR * median(self._norms),
        }
