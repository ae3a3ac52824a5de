"""Which steps explode, and when weights are lost."""

import math
from collections import deque
from statistics import median

_WINDOW = 200
_LOSS_FACTOR = 4.0
_NORM_FACTOR = 20.0


class DivergenceGuard:
    """Compares each step's loss and gradient norm with their running medians.

    A constant rate with a clipped norm can blow up after thousands of quiet steps (a norm of 1 to
    11,000 within a few), and the moving averages would carry the damage on. After `limit` refused
    steps in a row the weights are taken for lost.
    """

    def __init__(self, limit: int = 10) -> None:
        self.losses: deque[float] = deque(maxlen=_WINDOW)
        self.norms: deque[float] = deque(maxlen=_WINDOW)
        self.skipped, self.limit, self.in_a_row = 0, limit, 0

    def accepts(
        self, loss: float, norm: float, other_norm: float = 0.0, *, compare: bool = True
    ) -> bool:
        """Return whether the step is to be taken; remember it if so, count it if not.

        Args:
            loss: all that the step minimises.
            norm: of the generator's gradient.
            other_norm: of the discriminators'; it must be finite.
            compare: whether loss and norm are of the kind that the medians are of.
        """
        finite = all(map(math.isfinite, (loss, norm, other_norm)))
        most_loss, most_norm = self.limits()
        if not finite or (compare and (loss > most_loss or norm > most_norm)):
            self.skipped += 1
            self.in_a_row += 1
            return False
        self.in_a_row = 0
        if compare:
            self.losses.append(loss)
            self.norms.append(norm)
        return True

    def limits(self) -> tuple[float, float]:
        """Return the largest loss and norm that do not explode."""
        if len(self.losses) < _WINDOW // 4:
            return math.inf, math.inf
        return _LOSS_FACTOR * median(self.losses), _NORM_FACTOR * median(self.norms)

    def note(self, accepted: int, refused: int, means: tuple[float, float] | None) -> None:
        """Remember steps that were judged already; `means` of loss and norm if they compare."""
        self.skipped += refused
        self.in_a_row = 0 if accepted else self.in_a_row + refused
        if means is not None:
            for values, mean in zip((self.losses, self.norms), means, strict=True):
                values.extend([mean] * min(accepted, _WINDOW))

    @property
    def lost(self) -> bool:
        """Whether so many steps in a row were refused that the weights themselves are bad."""
        return self.in_a_row >= self.limit

    def forget(self) -> None:
        """Begin the medians anew: another loss is minimised from now on."""
        self.losses.clear()
        self.norms.clear()

    def state_dict(self) -> dict[str, list[float] | int]:
        return {"losses": [*self.losses], "norms": [*self.norms], "skipped": self.skipped}

    def load_state_dict(self, state: dict) -> None:
        self.losses = deque(state["losses"], maxlen=_WINDOW)
        self.norms = deque(state["norms"], maxlen=_WINDOW)
        self.skipped, self.in_a_row = state["skipped"], 0
