"""Perceptual, style and total variation against numbers worked out by hand."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from deepgin.losses import gram, perceptual, style, total_variation
from deepgin.losses.features import as_seen


def features(**values: list[float]) -> dict[str, torch.Tensor]:
    """One sample of two channels and 1 x n positions."""
    return {name: torch.tensor(v).view(1, 2, 1, -1) for name, v in values.items()}


def test_perceptual_by_hand() -> None:
    one = features(conv1_1=[1.0, 2.0, 3.0, 4.0], conv5_1=[0.0, 1.0])
    two = features(conv1_1=[1.0, 0.0, 3.0, 2.0], conv5_1=[4.0, -1.0])
    assert perceptual(one, two).item() == 1 + 3
    assert perceptual(one, two, "released").item() == 1 / 32 + 3
    assert perceptual(one, one).item() == 0


def test_gram_by_hand() -> None:
    (x,) = features(x=[1.0, 2.0, 3.0, -4.0]).values()
    # rows (1, 2) and (3, -4); C H W = 4
    assert gram(x).tolist() == [[[5 / 4, -5 / 4], [-5 / 4, 25 / 4]]]


@given(seed=st.integers(0, 2**31), c=st.integers(1, 5), h=st.integers(1, 5), w=st.integers(1, 5))
def test_gram_does_not_ask_where(seed: int, c: int, h: int, w: int) -> None:
    draws = torch.Generator().manual_seed(seed)
    x = torch.randn(2, c, h, w, generator=draws, dtype=torch.float64)
    elsewhere = x.flatten(2)[..., torch.randperm(h * w, generator=draws)].view_as(x)
    torch.testing.assert_close(gram(x), gram(elsewhere))
    torch.testing.assert_close(gram(x), gram(x).mT)
    torch.testing.assert_close(gram(x).diagonal(dim1=1, dim2=2).sum(1), x.square().mean((1, 2, 3)))


def test_style_by_hand() -> None:
    one = features(conv2_1=[1.0, 2.0, 3.0, -4.0], conv5_1=[2.0, 0.0])
    two = features(conv2_1=[0.0, 0.0, 0.0, 0.0], conv5_1=[0.0, 2.0])
    # conv2_1: |5, 5, 5, 25| / 4 over C^2 = 4; conv5_1: (4, 0, 0, 0) / 2 and (0, 0, 0, 4) / 2
    assert style(one, two).item() == 40 / 16 + 4 / 4
    squared = (3 * 25 + 625) / 16 / 4
    assert style(one, two, "released").item() == squared / 16 + 8 / 4
    assert style(one, one).item() == style(one, one, "released").item() == 0


def test_total_variation_by_hand() -> None:
    picture = torch.tensor([[1.0, 2.0, 4.0], [1.0, 0.0, 4.0]]).view(1, 1, 2, 3)
    # rows 0, 2, 0; columns 1, 2, 1, 4
    assert total_variation(picture).item() == pytest.approx(2 / 3 + 8 / 4)
    assert total_variation(picture, "released").item() == pytest.approx(2 * (4 / 3 + 22 / 4))
    assert total_variation(torch.full((2, 3, 4, 4), 0.3)).item() == 0


def test_released_sees_all_but_the_last_layer_after_its_relu() -> None:
    x = features(conv1_1=[-1.0, 2.0], conv4_1=[-3.0, 0.5], conv5_1=[-5.0, 1.0])
    seen = {name: t.flatten().tolist() for name, t in as_seen(x, "released").items()}
    assert seen == {"conv1_1": [0, 2], "conv4_1": [0, 0.5], "conv5_1": [-5, 1]}
    assert as_seen(x, "paper")["conv1_1"].flatten().tolist() == [-1, 2]


@pytest.mark.parametrize("form", ["paper", "released"])
def test_gradients(form) -> None:
    x = torch.randn(2, 3, 3, 2, dtype=torch.float64, requires_grad=True)
    y = {"conv3_1": torch.randn(2, 3, 3, 2, dtype=torch.float64)}
    assert torch.autograd.gradcheck(lambda x: perceptual({"conv3_1": x}, y, form), x)
    assert torch.autograd.gradcheck(lambda x: style({"conv3_1": x}, y, form), x)
    assert torch.autograd.gradcheck(lambda x: total_variation(x, form), x)


@pytest.mark.parametrize("form", ["paper", "released"])
def test_half_precision_features_are_compared_in_float32(form) -> None:
    x = {"conv1_1": torch.randn(2, 8, 40, 40).bfloat16()}
    y = {"conv1_1": torch.randn(2, 8, 40, 40).bfloat16()}
    exact = [{name: t.double() for name, t in z.items()} for z in (x, y)]
    with torch.autocast("cpu", torch.bfloat16):
        found = [perceptual(x, y, form), style(x, y, form), total_variation(x["conv1_1"], form)]
    assert all(loss.dtype == torch.float32 for loss in found)
    wanted = [perceptual(*exact, form), style(*exact, form)]
    wanted.append(total_variation(exact[0]["conv1_1"], form))
    torch.testing.assert_close(torch.stack(found).double(), torch.stack(wanted), rtol=1e-5, atol=0)
