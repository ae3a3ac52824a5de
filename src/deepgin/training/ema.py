"""Moving averages of a network's weights, with half-lives in samples."""

import torch
from torch import Tensor, nn

from .recipe import EmaRecipe


class MovingAverages:
    """One exponential moving average of the parameters for each half-life.

    Early in a run a half-life is held to `ramp` of the samples seen, so that the first, random
    weights fade (as in EDM2).
    """

    def __init__(self, network: nn.Module, recipe: EmaRecipe) -> None:
        self.ramp = recipe.ramp
        self._live: list[Tensor] = list(network.parameters())
        self._names = [name for name, _ in network.named_parameters()]
        self._averages = {
            half_life: [p.detach().clone() for p in self._live] for half_life in recipe.half_lives
        }

    @property
    def half_lives(self) -> list[int]:
        return list(self._averages)

    @torch.no_grad()
    def update(self, samples_in_step: int, samples_seen: int) -> None:
        """Move the averages towards the parameters as they are after a step."""
        for half_life, average in self._averages.items():
            half_life_now = max(1e-9, min(half_life, samples_seen * self.ramp))
            weight = 1 - 0.5 ** (samples_in_step / half_life_now)
            torch._foreach_lerp_(average, self._live, weight)

    def weights(self, half_life: int) -> dict[str, Tensor]:
        """Return the state dict of the average of that half-life."""
        return dict(zip(self._names, self._averages[half_life], strict=True))

    def state_dict(self) -> dict[int, dict[str, Tensor]]:
        return {half_life: self.weights(half_life) for half_life in self._averages}

    @torch.no_grad()
    def load_state_dict(self, state: dict[int, dict[str, Tensor]]) -> None:
        """Take what `state` has; an average that is new in the recipe starts at the parameters."""
        for half_life, average in self._averages.items():
            saved = state.get(half_life)
            for i, name in enumerate(self._names):
                average[i].copy_(self._live[i] if saved is None else saved[name])
