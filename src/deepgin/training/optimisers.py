"""The optimizers of a recipe: Adam as in the paper, or Muon for kernels."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.adam import adam as adam_step

from ..devices import choose_precision
from .recipe import Recipe

MOMENTUM = 0.95
SIZE = 0.2
"""An update of Muon is about as large as one of Adam, so that rates can be kept (Liu et al., "Muon
is Scalable for LLM Training", 2025, section 2.2)."""
_SMALLEST = 16
"""Kernels with fewer outputs, or inputs to an output, are Adam's: RGB and alpha, say."""
EPSILON = 1e-8
_NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)


def optimizer(network: nn.Module, name: str, recipe: Recipe, rate: float) -> torch.optim.Optimizer:
    """Return a fresh optimizer, adam or muon, for all parameters of a network."""
    betas = (recipe.optimiser.beta1, recipe.optimiser.beta2)
    if name == "muon":
        device = next(network.parameters()).device
        return Muon(network.parameters(), rate, betas, choose_precision(device, recipe.precision))
    return torch.optim.Adam(network.parameters(), rate, betas, fused=True)


def load_optimizer(optimizer: torch.optim.Optimizer, saved: dict[str, Any]) -> None:
    """Go on from a saved state, but with the options that `optimizer` has now."""
    groups = [dict(group, params=None) for group in optimizer.param_groups]
    optimizer.load_state_dict(saved)
    for group, current in zip(optimizer.param_groups, groups, strict=True):
        group.update((key, value) for key, value in current.items() if key != "params")
    for p, state in optimizer.state.items():  # torch leaves `step` where it was saved
        state.update((name, value.to(p.device)) for name, value in state.items())


class Muon(torch.optim.Optimizer):
    """Momentum, orthogonalised, for kernels (O x I x H x W); Adam, with `betas`, for the rest.

    A kernel is taken as a matrix of its outputs; torch's own Muon takes matrices alone. Of Jordan et
    al., "Muon: An optimizer for hidden layers in neural networks" (2024).

    Args:
        parameters: what is trained.
        lr: the learning rate.
        betas: of Adam.
        precision: of the matrix products. In bfloat16, kernels of one shape are done together.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        lr: float,
        betas: tuple[float, float] = (0.9, 0.999),
        precision: torch.dtype = torch.float32,
    ) -> None:
        super().__init__(list(parameters), {"lr": lr, "betas": betas})
        self.precision = precision

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Take a step on every parameter that has a gradient; a closure is not called."""
        for group in self.param_groups:
            used = [p for p in group["params"] if p.grad is not None]
            self._kernels([p for p in used if is_kernel(p)], group["lr"])
            self._others([p for p in used if not is_kernel(p)], group)

    def _kernels(self, kernels: list[Tensor], rate: float) -> None:
        by_shape: dict[tuple[int, int], list[tuple[Tensor, Tensor]]] = defaultdict(list)
        for p in kernels:
            by_shape[len(p), p[0].numel()].append((p, self._ahead(p).flatten(1)))
        for shape, alike in by_shape.items():
            updates = self._orthogonal([ahead for _, ahead in alike])
            for (p, _), update in zip(alike, updates, strict=True):
                p.sub_(update.view(p.shape), alpha=rate * SIZE * max(shape) ** 0.5)

    def _ahead(self, p: Tensor) -> Tensor:
        """Return a gradient's momentum, Nesterov's."""
        state, grad = self.state[p], p.grad
        assert grad is not None
        if not state:
            state["exp_avg"] = torch.zeros_like(p)
        state["exp_avg"].lerp_(grad, 1 - MOMENTUM)
        return grad.lerp(state["exp_avg"], MOMENTUM)

    def _orthogonal(self, matrices: list[Tensor]) -> Iterable[Tensor]:
        if self.precision == torch.bfloat16:
            return orthogonal(torch.stack([m.to(self.precision) for m in matrices])).unbind()
        return map(orthogonal, matrices)

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
            eps=EPSILON,
            maximize=False,
        )


def is_kernel(parameter: Tensor) -> bool:
    """Return whether a parameter is a kernel large enough for Muon."""
    return (
        parameter.ndim == 4
        and parameter.shape[0] >= _SMALLEST
        and parameter[0].numel() >= _SMALLEST
    )


def orthogonal(matrices: Tensor) -> Tensor:
    """Return matrices with the same singular vectors, all of whose values are near 1.

    Five Newton-Schulz steps, which leave the values between 0.7 and 1.2; those below about a
    thousandth of the matrix's norm stay smaller. Rows and columns of zeros stay so.

    Args:
        matrices: R x C or, many at once and with fewer launches, N x R x C.
    """
    a, b, c = _NEWTON_SCHULZ
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.mT if tall else matrices
    x = x / torch.linalg.vector_norm(x, dim=(-2, -1), keepdim=True).clamp_min(1e-12)
    for _ in range(5):
        gram = x @ x.mT
        if x.ndim == 3:
            gram = torch.baddbmm(gram, gram, gram, beta=b, alpha=c)
            x = torch.baddbmm(x, gram, x, beta=a)
        else:
            x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x
