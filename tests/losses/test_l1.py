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
