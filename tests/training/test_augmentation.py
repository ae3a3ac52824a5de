"""What the discriminators see: changed alike in all forms of a picture, differentiably, as drawn."""

import torch

from deepgin.training.augmentation import Augmentation


def still(count: int = 2, **changes: object) -> Augmentation:
    def one(value: float) -> torch.Tensor:
        return torch.full((count, 1, 1, 1), float(value))

    parts = {"brightness": one(0), "saturation": one(1), "contrast": one(1)}
    return Augmentation(**(parts | {"shifts": [[0, 0]] * count} | changes))  # type: ignore[arg-type]


def test_without_changes_nothing_changes() -> None:
    pictures = torch.rand(2, 3, 8, 8)
    torch.testing.assert_close(still()(pictures), pictures)


def test_each_change_does_what_it_says() -> None:
    pictures = torch.rand(2, 3, 8, 8)
    half = torch.full((2, 1, 1, 1), 0.5)
    torch.testing.assert_close(still(brightness=half / 5)(pictures), pictures + 0.1)
    grey = still(saturation=half * 0)(pictures)
    torch.testing.assert_close(grey, pictures.mean(1, keepdim=True).expand(-1, 3, -1, -1))
    low = still(contrast=half)(pictures)
    for before, after in zip(pictures, low, strict=True):
        torch.testing.assert_close(after.mean(), before.mean())
        torch.testing.assert_close(after.std(), before.std() / 2)
    moved = still(shifts=[[1, -2], [0, 0]])(pictures)
    torch.testing.assert_close(moved[0, :, 1:, :-2], pictures[0, :, :-1, 2:])
    assert not moved[0, :, 0].any()
    assert not moved[0, :, :, -2:].any()
    torch.testing.assert_close(moved[1], pictures[1])


def test_draws_stay_in_range_and_differ_by_picture_and_draw() -> None:
    names, like = [f"a/{n}" for n in range(64)], torch.rand(64, 3, 32, 32)
    drawn = Augmentation.draw(like, names)
    for values, least, most in (
        (drawn.brightness, -0.25, 0.25),
        (drawn.saturation, 0, 2),
        (drawn.contrast, 0.5, 1.5),
    ):
        assert values.shape == (64, 1, 1, 1)
        assert least <= values.min() < least + 0.1 * (most - least)
        assert most - 0.1 * (most - least) < values.max() <= most
    shifts = torch.tensor(drawn.shifts)
    assert (shifts.min(), shifts.max()) == (-4, 4)
    others = Augmentation.draw(like, [f"b/{n}" for n in range(64)])
    assert not torch.equal(others(like), drawn(like))
    assert torch.equal(Augmentation.draw(like[:2], names[:2])(like[:2]), drawn(like)[:2])


def test_it_can_be_differentiated() -> None:
    pictures = torch.rand(2, 3, 8, 8, dtype=torch.float64, requires_grad=True)
    drawn = Augmentation.draw(pictures, ["a", "b"])
    assert torch.autograd.gradcheck(drawn, pictures)
