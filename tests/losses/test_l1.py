"""The reconstruction loss against numbers worked out by hand."""

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


def test_sums_the_three_pairs() -> None:
    truth, mask = torch.rand(2, 3, 16, 16), torch.zeros(2, 1, 16, 16)
    filled = Filled(truth, truth + 0.5, truth - 0.25, torch.zeros(2, 3, 4, 4), None)
    small = torch.nn.functional.interpolate(truth, (4, 4), mode="bilinear", align_corners=True)
    expected = 0.5 + 0.25 + small.mean()
    torch.testing.assert_close(reconstruction(filled, truth, mask), expected)


def test_leaves_out_what_a_variant_lacks() -> None:
    truth, mask = torch.rand(1, 3, 16, 16), torch.ones(1, 1, 16, 16)
    coarse = truth + 0.1
    only_coarse = Filled(coarse, coarse, coarse, None, None)
    torch.testing.assert_close(reconstruction(only_coarse, truth, mask), torch.tensor(0.5))
    two_stages = Filled(truth, truth, coarse, None, None)
    torch.testing.assert_close(reconstruction(two_stages, truth, mask), torch.tensor(0.5))


def test_gradient() -> None:
    truth = torch.rand(1, 3, 4, 4, dtype=torch.float64)
    picture = (truth + 0.3).requires_grad_()
    mask = (torch.rand(1, 1, 4, 4) > 0.5).double()
    assert torch.autograd.gradcheck(lambda p: weighted_l1(p, truth, mask), picture)


def test_by_area_by_hand() -> None:
    picture, truth = torch.zeros(1, 3, 1, 4), torch.full((1, 3, 1, 4), 0.5)
    truth[..., 0] = 1
    mask = torch.tensor([[[[1.0, 0.0, 0.0, 0.0]]]])
    found = weighted_l1(picture, truth, mask, by_area=True)
    assert found.item() == 5 * 1 + 0.5  # the mean in the hole is 1, outside it 0.5
    soft = torch.tensor([[[[0.5, 0.5, 0.0, 0.0]]]])  # hole (1 + 0.5) / 2, valid (0.75 + 1) / 3
    torch.testing.assert_close(
        weighted_l1(picture, truth, soft, by_area=True), torch.tensor(5 * 0.75 + 1.75 / 3)
    )


def test_by_area_weighs_small_and_large_holes_alike() -> None:
    truth = torch.rand(1, 3, 8, 8)
    small, large = torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 8, 8)
    small[..., :2, :2], large[..., :7, :7] = 1, 1
    for mask in (small, large):
        found = weighted_l1(truth + 0.1 * mask, truth, mask, by_area=True)
        torch.testing.assert_close(found, torch.tensor(0.5))


def test_by_area_is_safe_without_hole_and_without_rest() -> None:
    truth = torch.rand(1, 3, 4, 4)
    picture = (truth + 0.1).requires_grad_()
    for mask, expected in ((torch.zeros(1, 1, 4, 4), 0.1), (torch.ones(1, 1, 4, 4), 0.5)):
        found = weighted_l1(picture, truth, mask, by_area=True)
        torch.testing.assert_close(found, torch.tensor(expected))
        (slope,) = torch.autograd.grad(found, picture)
        assert slope.isfinite().all()


def test_by_area_stands_the_rounding_of_a_resized_mask() -> None:
    mask = torch.tensor([[[[1 + 2**-22, 1 - 2**-22 - 2**-24]]]])  # all missing, but for rounding
    picture, truth = torch.tensor([[[[1.0, 0.0]]]]), torch.zeros(1, 1, 1, 2)
    assert weighted_l1(picture, truth, mask, hole=0, by_area=True).item() == 0


def test_reconstruction_by_area_sums_the_three_pairs() -> None:
    truth, mask = torch.rand(2, 3, 16, 16), torch.zeros(2, 1, 16, 16)
    mask[0, :, :4], mask[1, :, :12] = 1, 1
    filled = Filled(truth, truth + 0.5, truth - 0.25, None, None)
    found = reconstruction(filled, truth, mask, by_area=True)
    torch.testing.assert_close(found, torch.tensor(6 * 0.75))


def test_by_area_gradient_and_batches() -> None:
    truth = torch.rand(2, 3, 4, 4, dtype=torch.float64)
    picture = (truth + 0.3).requires_grad_()
    mask = (torch.rand(2, 1, 4, 4) > 0.5).double()

    def loss(p: torch.Tensor) -> torch.Tensor:
        return weighted_l1(p, truth, mask, by_area=True)

    assert torch.autograd.gradcheck(loss, picture)
    singles = [
        weighted_l1(picture[i : i + 1], truth[i : i + 1], mask[i : i + 1], by_area=True)
        for i in range(2)
    ]
    torch.testing.assert_close(loss(picture), torch.stack(singles).mean())
