"""The main stage's losses are the plain ones, and so are their gradients."""

import pytest
import torch

from deepgin.losses import PictureLosses
from deepgin.network import Discriminators, Filled
from deepgin.perceptual import Vgg
from deepgin.training.fast.losses import FastPictureLosses, Scorer

from .conftest import DOUBLE, assert_close, judges_of


@pytest.mark.parametrize("terms", [None, ("style",), ("total_variation",)])
def test_losses_of_pictures(vgg: Vgg, terms: tuple[str, ...] | None) -> None:
    plain = PictureLosses(vgg, terms=terms)
    truth = torch.rand(2, 3, 16, 16, dtype=DOUBLE).repeat_interleave(3, 0)
    pictures = [torch.rand(6, 3, 16, 16, dtype=DOUBLE, requires_grad=True) for _ in range(2)]
    filled = Filled(*pictures, pictures[0], None, None)
    theirs, ours = plain(filled, truth, 3), FastPictureLosses(plain, DOUBLE)(filled, truth, 3)
    assert_close(ours, theirs)
    for name, loss in theirs.items():
        wanted = torch.autograd.grad(loss, pictures, retain_graph=True, materialize_grads=True)
        found = torch.autograd.grad(ours[name], pictures, retain_graph=True, materialize_grads=True)
        for one, other in zip(found, wanted, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-11, atol=1e-14)


def test_the_network_of_the_plain_losses_stays(vgg: Vgg) -> None:
    before = {name: value.clone() for name, value in vgg.state_dict().items()}
    FastPictureLosses(PictureLosses(vgg), torch.bfloat16)
    after = vgg.state_dict()
    assert before.keys() == after.keys()
    assert all(value.equal(after[name]) for name, value in before.items())


def test_scores_are_those_after_one_power_iteration() -> None:
    judges = judges_of()
    twin = Discriminators(4).double()
    twin.load_state_dict(judges.state_dict())
    masked, picture = torch.rand(2, 1, 3, 32, 32, dtype=DOUBLE)
    scorer = Scorer(judges, DOUBLE)
    scorer.normalise()
    first, second = scorer(masked, picture), scorer(masked, picture)
    for ours, again, maps in zip(first, second, twin(masked, picture), strict=True):
        torch.testing.assert_close(ours, maps[-1], rtol=1e-12, atol=1e-13)
        assert again.equal(ours)
    assert_close(dict(judges.named_buffers()), dict(twin.named_buffers()))
