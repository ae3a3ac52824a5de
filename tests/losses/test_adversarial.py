"""The hinge losses and R1 against numbers worked out by hand."""

import pytest
import torch
import torch.nn.functional as F

from deepgin.losses import (
    gradient_penalty,
    hinge_discriminator,
    hinge_generator,
)
from deepgin.network import Discriminators


def score(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32).view(1, 1, 1, -1)


def test_hinge_by_hand() -> None:
    real = [score(2, 0, -1, 1), score(0.5)]
    fake = [score(-2, 0), score(0.25)]
    # real: (0 + 1 + 2 + 0) / 4 and 0.5; fake: (0 + 1) / 2 and 1.25
    assert hinge_discriminator(real, fake).item() == 0.75 + 0.5 + 0.5 + 1.25
    assert hinge_discriminator(real, fake, halved=True).item() == 1.5
    assert hinge_generator(fake).item() == 1 - 0.25


def test_every_discriminator_has_both_scores() -> None:
    with pytest.raises(ValueError):
        hinge_discriminator([score(1), score(1)], [score(1)])


def test_hinge_gradients() -> None:
    maps = [torch.randn(2, 3, 2, 2, dtype=torch.float64, requires_grad=True) for _ in range(4)]
    assert torch.autograd.gradcheck(lambda a, b, c, d: hinge_discriminator([a, b], [c, d]), maps)
    assert torch.autograd.gradcheck(lambda a, b: hinge_generator([a, b]), maps[:2])


def test_half_precision_scores_are_averaged_in_float32() -> None:
    ones = torch.full((1, 1, 300, 301), 0.01, dtype=torch.bfloat16)
    exact = ones.double()
    for half, full in (
        (hinge_generator([ones]), hinge_generator([exact])),
        (hinge_discriminator([ones], [ones]), hinge_discriminator([exact], [exact])),
    ):
        assert half.dtype == torch.float32
        torch.testing.assert_close(half.double(), full, rtol=1e-5, atol=0)


def test_penalty_by_hand() -> None:
    picture = torch.tensor([1.0, 2.0, -1.0, 3.0]).view(2, 1, 1, 2).requires_grad_()
    scores = [picture.square(), 2 * picture]  # slope 2 x + 2: (4, 6) and (0, 8)
    assert gradient_penalty(scores, picture).item() == (16 + 36 + 0 + 64) / 2


def test_penalty_is_zero_and_smooth_where_the_slope_is() -> None:
    picture, weight = torch.ones(1, 3, 2, 2, requires_grad=True), torch.zeros(1, requires_grad=True)
    loss = gradient_penalty([picture * weight], picture)
    assert loss.item() == 0
    assert torch.autograd.grad(loss, weight)[0].item() == 0


def test_penalty_reaches_the_discriminator_as_finite_differences_say() -> None:
    picture = torch.rand(2, 3, 4, 4, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(2, 3, 3, 3, dtype=torch.float64, requires_grad=True)

    def loss(w: torch.Tensor) -> torch.Tensor:
        return gradient_penalty([F.conv2d(picture, w, padding=1).tanh()], picture)

    assert torch.autograd.gradcheck(loss, weight)


def test_under_autocast_close_to_float32() -> None:
    network = Discriminators(8).eval()
    masked, fake = torch.rand(2, 3, 32, 32), torch.rand(2, 3, 32, 32)
    true = torch.rand(2, 3, 32, 32, requires_grad=True)

    def losses() -> torch.Tensor:
        real_maps, fake_maps = network(masked, true), network(masked, fake)
        real = [maps[-1] for maps in real_maps]
        found = (
            hinge_discriminator(real, [maps[-1] for maps in fake_maps]),
            gradient_penalty(real, true),
        )
        assert all(loss.dtype == torch.float32 for loss in found)
        return torch.stack(found)

    with torch.autocast("cpu", torch.bfloat16):
        half = losses()
    torch.testing.assert_close(half, losses(), rtol=0.03, atol=0)
