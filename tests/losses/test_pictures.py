"""`PictureLosses` against the plain functions, one picture at a time."""

import pytest
import torch
import torch.nn.functional as F

from deepgin.errors import UsageError
from deepgin.losses import PictureLosses, perceptual, style, total_variation
from deepgin.losses.features import LAYERS, as_seen

FORMS = ["paper", "released"]


@pytest.fixture
def six(make_filled):
    """Two pictures under three masks each: what was filled in, truth."""
    truth = torch.rand(2, 3, 32, 32).repeat_interleave(3, 0)
    mask = (torch.rand(6, 1, 32, 32) > 0.5).float()
    return make_filled(torch.rand(6, 3, 32, 32), truth, mask), truth


def plain(network, filled, truth, form) -> dict[str, torch.Tensor]:
    """The three terms as section 6 of the method's description writes them."""

    def seen(x: torch.Tensor) -> dict[str, torch.Tensor]:
        if form == "released":
            x = F.interpolate(x, (224, 224), mode="bilinear", align_corners=True)
        return as_seen(network(x, LAYERS), form)

    pairs = [(seen(x), seen(truth)) for x in (filled.reconstructed, filled.completed)]
    return {
        "perceptual": perceptual(*pairs[0], form) + perceptual(*pairs[1], form),
        "style": style(*pairs[0], form) + style(*pairs[1], form),
        "total_variation": total_variation(filled.completed, form),
    }


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("repeats", [1, 3])
def test_is_the_plain_terms(network, six, form, repeats) -> None:
    filled, truth = six
    found = PictureLosses(network, form)(filled, truth, repeats)
    wanted = plain(network, filled, truth, form)
    assert list(found) == list(wanted)
    for name, loss in found.items():
        assert loss.ndim == 0 and loss > 0
        torch.testing.assert_close(loss, wanted[name])


def test_repeats_look_at_each_truth_once(network, six, monkeypatch) -> None:
    filled, truth = six
    seen = []
    look = network.forward
    monkeypatch.setattr(network, "forward", lambda x, names: seen.append(len(x)) or look(x, names))
    PictureLosses(network)(filled, truth, 3)
    assert seen == [12, 2]


def test_gradient_in_float64(cut_network, make_filled) -> None:
    losses = PictureLosses(cut_network.double())
    truth = torch.rand(1, 3, 4, 4, dtype=torch.float64)
    mask = (torch.rand(1, 1, 4, 4) > 0.5).double()
    picture = torch.rand(1, 3, 4, 4, dtype=torch.float64, requires_grad=True)

    def terms(picture: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(losses(make_filled(picture, truth, mask), truth).values())

    with torch.autocast("cpu", torch.bfloat16):
        assert all(term.dtype == torch.float64 for term in terms(picture))
    assert torch.autograd.gradcheck(terms, picture)


@pytest.mark.parametrize("form", FORMS)
def test_under_autocast_close_to_float32(network, six, form) -> None:
    filled, truth = six
    losses = PictureLosses(network, form)
    with torch.autocast("cpu", torch.bfloat16):
        half = losses(filled, truth, 3)
    for name, loss in losses(filled, truth, 3).items():
        assert half[name].dtype == torch.float32
        torch.testing.assert_close(half[name], loss, rtol=0.02, atol=0)


def test_gradients_reach_the_picture_and_nothing_else(network, make_filled) -> None:
    truth, mask = torch.rand(1, 3, 32, 32, requires_grad=True), torch.ones(1, 1, 32, 32)
    picture = torch.rand(1, 3, 32, 32, requires_grad=True)
    losses = PictureLosses(network)
    found = losses(make_filled(picture, truth.detach(), mask), truth)
    sum(found.values()).backward()
    assert picture.grad is not None and picture.grad.abs().sum() > 0
    assert truth.grad is None
    assert all(p.grad is None and not p.requires_grad for p in losses.parameters())


def test_what_the_network_lacks_is_left_out_and_named(network, cut_network, six) -> None:
    filled, truth = six
    losses = PictureLosses(cut_network)
    assert losses.layers == ("conv1_1", "conv2_1", "conv3_1")
    assert losses.missing == ("conv4_1", "conv5_1")
    assert losses(filled, truth)["style"] > 0
    assert PictureLosses(network).missing == ()


def test_only_what_is_wanted(network, six) -> None:
    filled, truth = six
    assert list(PictureLosses(network, terms={"style"})(filled, truth)) == ["style"]
    assert list(PictureLosses(None)(filled, truth)) == ["total_variation"]
    assert PictureLosses(network, terms=())(filled, truth) == {}


def test_what_cannot_be_is_refused(network, six) -> None:
    filled, truth = six
    with pytest.raises(UsageError, match="style"):
        PictureLosses(None, terms={"style"})
    with pytest.raises(UsageError, match="l2"):
        PictureLosses(network, terms={"l2"})
    with pytest.raises(UsageError, match="4"):
        PictureLosses(network)(filled, truth, 4)
