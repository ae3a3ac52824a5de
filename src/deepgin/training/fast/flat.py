"""All parameters of a network in one buffer, and Muon with Adam on it without a wait."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..optimisers import EPSILON, MOMENTUM, SIZE, is_kernel, orthogonal

_ALIGNMENT = 64


@dataclass
class _Group:
    """Kernels of one shape, one behind the other in the buffer, as matrices of their outputs."""

    begin: int
    count: int
    rows: int
    columns: int

    def wide(self, buffer: Tensor) -> Tensor:
        """Return a view count x smaller side x larger side."""
        end = self.begin + self.count * self.rows * self.columns
        x = buffer[self.begin : end].view(self.count, self.rows, self.columns)
        return x.mT if self.rows > self.columns else x


@dataclass
class _Batch:
    """Groups of one smaller side, which are made orthogonal together.

    Attributes:
        groups: in order.
        matrices: all their kernels, the larger side made up with zeros.
        sizes: by how much each is scaled, count x 1 x 1.
    """

    groups: list[_Group]
    matrices: Tensor
    sizes: Tensor


class FlatParameters:
    """A network's parameters, gradients, momenta and averages, each in one vector.

    The network's own parameters become views of `values`, so it is always up to date. All of it
    stays on the network's device, and nothing waits for it: steps can be captured.

    Attributes:
        values, gradients: of all parameters. Muon's kernels come first, those of one shape together
            and each as channels_last lays it out.
        averages: one vector for each that was asked for.
        leaves: name -> what the forward pass uses: kernels in `precision`, all others views of
            `values`.
        changing: all that a step changes.

    Args:
        network: float32 or float64.
        precision: of kernels in the forward pass.
        averages: how many moving averages to hold.
        muon: kernels by Muon; else all by Adam.
        orthogonal_precision: of Muon's matrix products; None for that of the parameters.
        betas: of Adam.
    """

    def __init__(
        self,
        network: nn.Module,
        precision: torch.dtype,
        averages: int = 0,
        *,
        muon: bool = True,
        orthogonal_precision: torch.dtype | None = None,
        betas: tuple[float, float] = (0.9, 0.999),
    ) -> None:
        named = dict(network.named_parameters())
        self.betas = betas
        self._shapes = {name: p.shape for name, p in named.items()}
        self._order = list(named)
        kernels = [name for name, p in named.items() if muon and is_kernel(p)]
        groups, total = self._arrange(kernels)
        first = next(iter(named.values())).detach()
        self.values = first.new_zeros(total)
        self.gradients = torch.zeros_like(self.values)
        self._first_moments = torch.zeros_like(self.values)
        self._second_moments = torch.zeros_like(self.values)  # of Adam's alone
        self._steps = first.new_zeros((), dtype=torch.float64)
        self._lowered = self.values
        if precision != first.dtype:
            self._lowered = first.new_zeros(total, dtype=precision)
        self._batches = _batches(groups, first, orthogonal_precision or first.dtype)

        self.leaves: dict[str, Tensor] = {}
        for name, p in named.items():
            self.view(self.values, name).copy_(p.detach())
            p.data = self.view(self.values, name)
            low = p.ndim == 4 and precision != first.dtype
            self.leaves[name] = self.view(self._lowered, name).requires_grad_() if low else p
        self._gradients = [self.view(self.gradients, name) for name in self._order]
        self.averages = [self.values.clone() for _ in range(averages)]

    def _arrange(self, kernels: list[str]) -> tuple[list[_Group], int]:
        """Give every parameter its place; return the kernels' groups and the vector's length."""
        sides = {name: (self._shapes[name][0], self._shapes[name][1:].numel()) for name in kernels}
        self._begins: dict[str, int] = {}
        groups: list[_Group] = []
        at = 0
        for name in sorted(kernels, key=lambda name: sides[name]):
            if not groups or (groups[-1].rows, groups[-1].columns) != sides[name]:
                groups.append(_Group(at, 0, *sides[name]))
            groups[-1].count += 1
            self._begins[name] = at
            at += self._shapes[name].numel()
        self._kernels_end = at
        for name, shape in self._shapes.items():
            if name not in sides:  # aligned, so that odd sizes do not slow those behind them
                self._begins[name] = at
                at += -(-shape.numel() // _ALIGNMENT) * _ALIGNMENT
        return groups, at

    @property
    def changing(self) -> list[Tensor]:
        own = [self.values, self._first_moments, self._second_moments, self._steps]
        return [*own, *self.averages]

    def view(self, vector: Tensor, name: str) -> Tensor:
        """Return the part of a vector such as `values` that is a parameter's, in its shape."""
        shape, begin = self._shapes[name], self._begins[name]
        part = vector[begin : begin + shape.numel()]
        if len(shape) != 4:
            return part.view(shape)
        outputs, inputs, height, width = shape
        return part.view(outputs, height, width, inputs).permute(0, 3, 1, 2)

    def weights(self, vector: Tensor) -> dict[str, Tensor]:
        """Return views of a vector by parameter name, such as an average's state dict."""
        return {name: self.view(vector, name) for name in self._order}

    @torch.no_grad()
    def fill(self, vector: Tensor, weights: dict[str, Tensor]) -> None:
        """Copy `weights` into a vector."""
        for name in self._order:
            self.view(vector, name).copy_(weights[name])

    @torch.no_grad()
    def restart(self) -> None:
        """Forget the momenta and begin the averages at the values."""
        for moments in (self._first_moments, self._second_moments, self._steps):
            moments.zero_()
        for average in self.averages:
            average.copy_(self.values)

    @torch.no_grad()
    def lower(self) -> None:
        """Bring the leaves in lower precision up to date; a step begins with it."""
        if self._lowered is not self.values:
            self._lowered.copy_(self.values)

    @torch.no_grad()
    def gather(self, gradients: Sequence[Tensor]) -> None:
        """Copy the gradients of `leaves`, in their order, into `gradients`."""
        for kind in {gradient.dtype for gradient in gradients}:  # one launch for all of a kind
            chosen = [i for i, gradient in enumerate(gradients) if gradient.dtype == kind]
            torch._foreach_copy_(
                [self._gradients[i] for i in chosen], [gradients[i] for i in chosen]
            )

    @torch.no_grad()
    def step(self, rate: Tensor, accepted: Tensor) -> None:
        """Take a step by `gradients`, which are finite.

        Args:
            rate: a scalar; at 0 nothing moves, momenta neither.
            accepted: a scalar; at 0 likewise.
        """
        moves = accepted.to(rate.dtype) * (rate > 0)
        rate = rate * moves
        end = self._kernels_end
        self._muon(rate, moves, self.gradients[:end], self._first_moments[:end])
        self._adam(rate, moves, self.gradients[end:], self._first_moments[end:])

    def _muon(self, rate: Tensor, moves: Tensor, gradient: Tensor, momentum: Tensor) -> None:
        momentum.lerp_(gradient, (1 - MOMENTUM) * moves)
        ahead = gradient.lerp(momentum, MOMENTUM)  # Nesterov's
        for batch in self._batches:
            # The margins stay zero: of the groups, only what lies in them is written.
            parts = batch.matrices.split([group.count for group in batch.groups])
            for group, part in zip(batch.groups, parts, strict=True):
                part[..., : max(group.rows, group.columns)].copy_(group.wide(ahead))
            updates = orthogonal(batch.matrices).to(rate.dtype) * (rate * batch.sizes)
            parts = updates.split([group.count for group in batch.groups])
            for group, part in zip(batch.groups, parts, strict=True):
                group.wide(self.values).sub_(part[..., : max(group.rows, group.columns)])

    def _adam(self, rate: Tensor, moves: Tensor, gradient: Tensor, first: Tensor) -> None:
        self._steps.add_(moves)
        first.lerp_(gradient, (1 - self.betas[0]) * moves)
        second = self._second_moments[self._kernels_end :].lerp_(
            gradient.square(), (1 - self.betas[1]) * moves
        )
        steps = self._steps.clamp_min(1)  # where none was accepted yet
        first_bias, second_bias = (1 - beta**steps for beta in self.betas)
        size = (second / second_bias).sqrt_().add_(EPSILON)
        self.values[self._kernels_end :].sub_(first / size * (rate / first_bias))

    def optimizer_state(self, rate: float = 0.0) -> dict[str, Any]:
        """Return a state dict for the optimizer of the plain form: `optimisers.Muon`, or Adam."""
        state: dict[int, dict[str, Tensor]] = {}
        end = self._kernels_end
        for i, name in enumerate(self._order if self._steps.item() else ()):
            state[i] = {"exp_avg": self.view(self._first_moments, name).clone()}
            if self._begins[name] >= end:
                state[i]["exp_avg_sq"] = self.view(self._second_moments, name).clone()
                state[i]["step"] = self._steps.float()
        numbers = list(range(len(self._order)))
        return {
            "state": state,
            "param_groups": [{"lr": rate, "betas": self.betas, "params": numbers}],
        }

    @torch.no_grad()
    def load_optimizer_state(self, state: dict[str, Any]) -> None:
        """Go on from the state dict of an optimizer of the plain form, of the same kind."""
        self._first_moments.zero_()
        self._second_moments.zero_()
        self._steps.zero_()
        for i, name in enumerate(self._order):
            saved = state["state"].get(i)
            if not saved:
                continue
            self.view(self._first_moments, name).copy_(saved["exp_avg"])
            if self._begins[name] >= self._kernels_end:
                self.view(self._second_moments, name).copy_(saved["exp_avg_sq"])
                self._steps.copy_(saved["step"])


def _batches(groups: list[_Group], like: Tensor, precision: torch.dtype) -> list[_Batch]:
    by_side: dict[int, list[_Group]] = {}
    for group in groups:
        by_side.setdefault(min(group.rows, group.columns), []).append(group)
    made = []
    for side, members in by_side.items():
        count, large = sum(g.count for g in members), max(max(g.rows, g.columns) for g in members)
        sizes = [SIZE * max(g.rows, g.columns) ** 0.5 for g in members for _ in range(g.count)]
        made.append(
            _Batch(
                members,
                like.new_zeros((count, side, large), dtype=precision),
                like.new_tensor(sizes).view(-1, 1, 1),
            )
        )
    return made
