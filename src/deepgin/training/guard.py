"""Telling an exploding step from a normal one. What to do about it is the loop's."""

import math
from collections import deque
from statistics import median

_WINDOW = 200
_LOSS_FACTOR = 4.0
_NORM_FACTOR = 20.0
_ROW = 10


class DivergenceGuard:
    """Compares each step's loss and gradient norm with their running medians.

    A constant rate with a clipped norm can blow up after thousands of quiet steps (a norm of 1 to
    11,000 within a few), and the moving averages would carry the damage on.
    """

    def __init__(self) -> None:
        self.losses: deque[float] = deque(maxlen=_WINDOW)
        self.norms: deque[float] = deque(maxlen=_WINDOW)
        self.skipped = 0
        self.in_a_row = 0

    def accepts(self, loss: float, norm: float) -> bool:
        """Return whether the step is to be taken; remember it if so, count it if not."""
        if not (math.isfinite(loss) and math.isfinite(norm)) or self._explodes(loss, norm):
            self.skipped += 1
            self.in_a_row += 1
            return False
        self.in_a_row = 0
        self.losses.append(loss)
        self.norms.append(norm)
        return True

    def _explodes(self, loss: float, norm: float) -> bool:
        if len(self.losses) < _WINDOW // 4:
            return False
        return loss > _LOSS_FACTOR * median(self.losses) or norm > _NORM_FACTOR * median(self.norms)

    @property
    def lost(self) -> bool:
        """Whether so many steps in a row were refused that the weights themselves are bad."""
        return self.in_a_row >= _ROW

    def state_dict(self) -> dict[str, list[float] | int]:
        return {"losses": [*self.losses], "norms": [*self.norms], "skipped": self.skipped}

    def load_state_dict(self, state: dict) -> None:
        self.losses = deque(state["losses"], maxlen=_WINDOW)
        self.norms = deque(state["norms"], maxlen=_WINDOW)
        self.skipped, self.in_a_row = state["skipped"], 0
