"""The reconstruction loss against numbers worked out by hand."""

import pytest
import torch

from deepgin.losses.l1 import reconstruction, weighted_l1
from deepgin.network import Filled


def test_by_hand() -> None:
    picture, truth = torch.zeros(1, 3, 1, 4), torch.ones(1, 3, 1, 4)
    mask = torch.tensor([[[[1.0, 0.0, 0.0, 0.5]]]])
    # hole: 5 * (1 + 0.5) / 4; valid: (1 + 1 + 0.5) / 4
    assert weighted_l1(picture, truth, mask).item() == (5 * 1.5 + 2.5) / 4
    assert weighted_l1(picture, truth, mask, hole=1).item() == 1
    assert weighted_l1(truth, truth, mask).item() == 0


def test_by_area_by_hand() -> None:
    picture, truth = torch.zeros(1, 3, 1, 4), torch.full((1, 3, 1, 4), 0.5)
    truth[..., 0] = 1
    for mask, expected in (
        ([1.0, 0.0, 0.0, 0.0], 5 * 1 + 0.5),  # the mean in the hole is 1, outside it 0.5
        ([0.5, 0.5, 0.0, 0.0], 5 * 0.75 + 1.75 / 3),  # (1 + 0.5) / 2, and (0.75 + 1) / 3
    ):
        found = weighted_l1(picture, truth, torch.tensor([[[mask]]]), by_area=True)
        torch.testing.assert_close(found, torch.tensor(expected))


def test_by_area_weighs_small_and_large_holes_alike() -> None:
    truth = torch.rand(1, 3, 8, 8)
    for side in (2, 7):
        mask = torch.zeros(1, 1, 8, 8)
        mask[..., :side, :side] = 1
        found = weighted_l1(truth + 0.1 * mask, truth, mask, by_area=True)
        torch.testing.assert_close(found, torch.tensor(0.5))


@pytest.mark.parametrize(("hole", "expected"), [(0, 0.1), (1, 0.5)])
def test_by_area_is_safe_without_hole_and_without_rest(hole: int, expected: float) -> None:
    truth, mask = torch.rand(1, 3, 4, 4), torch.full((1, 1, 4, 4), float(hole))
    picture = (truth + 0.1).requires_grad_()
    found = weighted_l1(picture, truth, mask, by_area=True)
    torch.testing.assert_close(found, torch.tensor(expected))
    (slope,) = torch.autograd.grad(found, picture)
    assert slope.isfinite().all()


def test_by_area_accepts_the_rounding_of_a_resized_mask() -> None:
    mask = torch.tensor([[[[1 + 2**-22, 1 - 2**-22 - 2**-24]]]])  # all missing, but for rounding
    picture, truth = torch.tensor([[[[1.0, 0.0]]]]), torch.zeros(1, 1, 1, 2)
    assert weighted_l1(picture, truth, mask, hole=0, by_area=True).item() == 0


def test_reconstruction_sums_the_pairs_that_a_variant_has() -> None:
    truth, mask = torch.rand(2, 3, 16, 16), torch.zeros(2, 1, 16, 16)
    small = torch.nn.functional.interpolate(truth, (4, 4), mode="bilinear", align_corners=True)
    filled = Filled(truth, truth + 0.5, truth - 0.25, torch.zeros(2, 3, 4, 4), None)
    torch.testing.assert_close(reconstruction(filled, truth, mask), 0.75 + small.mean())
    coarse = truth + 0.1
    for lesser in (
        Filled(coarse, coarse, coarse, None, None),
        Filled(truth, truth, coarse, None, None),
    ):
        expected = torch.tensor(0.5)
        torch.testing.assert_close(reconstruction(lesser, truth, torch.ones_like(mask)), expected)
    mask[0, :, :4], mask[1, :, :12] = 1, 1
    filled = Filled(truth, truth + 0.5, truth - 0.25, None, None)
    found = reconstruction(filled, truth, mask, by_area=True)
    torch.testing.assert_close(found, torch.tensor(6 * 0.75))


@pytest.mark.parametrize("by_area", [False, True])
def test_gradient_and_batches(by_area: bool) -> None:
    truth = torch.rand(2, 3, 4, 4, dtype=torch.float64)
    picture = (truth + 0.3).requires_grad_()
    mask = (torch.rand(2, 1, 4, 4) > 0.5).double()

    def loss(p: torch.Tensor) -> torch.Tensor:
        return weighted_l1(p, truth, mask, by_area=by_area)

    assert torch.autograd.gradcheck(loss, picture)
    singles = [
        weighted_l1(*x, by_area=by_area)
        for x in zip(*(t[:, None] for t in (picture, truth, mask)), strict=True)
    ]
    torch.testing.assert_close(loss(picture), torch.stack(singles).mean())
