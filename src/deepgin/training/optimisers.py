"""The optimizers of a recipe: Adam as in the paper, or Muon for kernels."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.adam import adam as adam_step

from .recipe import OptimiserRecipe

_MOMENTUM = 0.95
_SIZE = 0.2
"""An update of Muon is about as large as one of Adam, so that rates can be kept (Liu et al., "Muon
is Scalable for LLM Training", 2025, section 2.2)."""
_SMALLEST = 16
"""Kernels with fewer outputs, or inputs to an output, are Adam's: RGB and alpha, say."""
_NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)


def optimizer(
    network: nn.Module, name: str, recipe: OptimiserRecipe, rate: float
) -> torch.optim.Optimizer:
    """Return a fresh optimizer, adam or muon, for all parameters of a network."""
    betas = (recipe.beta1, recipe.beta2)
    if name == "muon":
        return Muon(network.parameters(), rate, betas)
    return torch.optim.Adam(network.parameters(), rate, betas, fused=True)


class Muon(torch.optim.Optimizer):
    """Momentum, orthogonalised, for kernels (O x I x H x W); Adam, with `betas`, for the rest.

    A kernel is taken as a matrix of its outputs; torch's own Muon takes matrices alone. Of Jordan et
    al., "Muon: An optimizer for hidden layers in neural networks" (2024).
    """

    def __init__(
        self, parameters: Iterable[Tensor], lr: float, betas: tuple[float, float] = (0.9, 0.999)
    ) -> None:
        super().__init__(list(parameters), {"lr": lr, "betas": betas})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Take a step on every parameter that has a gradient; a closure is not called."""
        for group in self.param_groups:
            used = [p for p in group["params"] if p.grad is not None]
            for p in used:
                if is_kernel(p):
                    self._kernel(p, group["lr"])
            self._others([p for p in used if not is_kernel(p)], group)

    def _kernel(self, p: Tensor, rate: float) -> None:
        state, grad = self.state[p], p.grad
        assert grad is not None
        if not state:
            state["exp_avg"] = torch.zeros_like(p)
        state["exp_avg"].lerp_(grad, 1 - _MOMENTUM)
        ahead = grad.lerp(state["exp_avg"], _MOMENTUM)  # Nesterov's
        update = orthogonal(ahead.flatten(1))
        p.sub_(update.view(p.shape), alpha=rate * _SIZE * max(update.shape) ** 0.5)

    def _others(self, parameters: list[Tensor], group: dict[str, Any]) -> None:
        for p in parameters:
            if not self.state[p]:
                zeros = {name: torch.zeros_like(p) for name in ("exp_avg", "exp_avg_sq")}
                self.state[p].update(zeros, step=torch.zeros((), device=p.device))
        states = [self.state[p] for p in parameters]
        adam_step(
            parameters,
            [p.grad for p in parameters if p.grad is not None],
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [],
            [state["step"] for state in states],
            fused=True,
            amsgrad=False,
            beta1=group["betas"][0],
            beta2=group["betas"][1],
            lr=group["lr"],
            weight_decay=0.0,
            eps=1e-8,
            maximize=False,
        )


def is_kernel(parameter: Tensor) -> bool:
    """Return whether a parameter is a kernel large enough for Muon."""
    return (
        parameter.ndim == 4
        and parameter.shape[0] >= _SMALLEST
        and parameter[0].numel() >= _SMALLEST
    )


def orthogonal(matrix: Tensor) -> Tensor:
    """Return a matrix R x C with the same singular vectors, all of whose values are near 1.

    Five Newton-Schulz steps, which leave the values between 0.7 and 1.2; those below about a
    thousandth of the matrix's norm stay smaller.
    """
    a, b, c = _NEWTON_SCHULZ
    x = matrix.mT if matrix.shape[0] > matrix.shape[1] else matrix
    x = x / x.norm().clamp_min(1e-12)
    for _ in range(5):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if matrix.shape[0] > matrix.shape[1] else x
