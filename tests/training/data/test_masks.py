"""The masks of samples, and banks of them on the device."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgin.errors import TrainingError
from deepgin.masks import KINDS, draw
from deepgin.training.data import Share
from deepgin.training.data import masks as module
from deepgin.training.data.masks import (
    DRAWN,
    REUSE,
    MaskBanks,
    draw_bank,
    fill_rectangles,
    rectangle,
    training_mask,
    training_masks,
    unpack,
)
from deepgin.training.recipe import DataRecipe


def test_mask_windows_have_the_holes_of_256() -> None:
    """A window's strokes are twice as wide as those of a mask made for 128."""

    def edges(share: float) -> float:
        recipe = DataRecipe(size=128, mask_windows=share)
        masks = [training_mask("cellular", recipe, str(i)) for i in range(60)]
        return float(np.mean([np.abs(np.diff(m.astype(int), axis=1)).mean() for m in masks]))

    relative, windows = edges(0.0), edges(1.0)
    assert windows < 0.8 * relative
    recipe = DataRecipe(size=128, mask_windows=1.0)
    assert training_mask("rectangle", recipe, "0").shape == (128, 128)


def test_each_picture_has_one_of_each_kind_of_its_own() -> None:
    recipe = DataRecipe(size=64)
    masks = training_masks(recipe, 3, 11)
    assert masks.shape == (3, 64, 64)
    assert masks.dtype == bool
    assert np.array_equal(masks, training_masks(recipe, 3, 11))
    for other in (training_masks(recipe, 3, 12), training_masks(recipe, 4, 11)):
        assert all(not np.array_equal(a, b) for a, b in zip(masks, other, strict=True))


CPU = torch.device("cpu")


def make(recipe: DataRecipe, numbers: range, count: int = 8, seed: int = 1) -> torch.Tensor:
    banks = MaskBanks(recipe, seed, CPU, count=count)
    return banks.masks(numbers, banks.boxes(numbers))


@given(st.sampled_from([16, 32, 48]), st.floats(0, 1), st.integers(0, 99), st.integers(0, 9))
@settings(max_examples=15)
def test_packed_masks_are_training_masks(size: int, share: float, seed: int, number: int) -> None:
    recipe = DataRecipe(size=size, mask_windows=share)
    for kind in DRAWN:
        packed = draw_bank(kind, size, share, seed, number, np.array([3, 0]))
        assert packed.shape == (2, size, size // 8)
        for mask, slot in zip(packed, [3, 0], strict=True):
            expected = training_mask(kind, recipe, f"bank/{seed}/{number}/{slot}")
            assert np.array_equal(np.unpackbits(mask, axis=1).astype(bool), expected)


def test_unpacking_mirrors() -> None:
    masks = np.random.default_rng(0).random((5, 2, 24, 24)) < 0.5
    bank = torch.from_numpy(np.packbits(masks, axis=3))
    slots, flips = torch.tensor([4, 0, 2, 2, 4]), torch.tensor([0, 1, 2, 3, 3])
    found = unpack(bank, slots, flips).numpy()
    assert found.dtype == np.bool_
    assert np.array_equal(found[0], masks[4])
    assert np.array_equal(found[1], masks[0][:, :, ::-1])
    assert np.array_equal(found[2], masks[2][:, ::-1])
    assert np.array_equal(found[3], masks[2][:, ::-1, ::-1])
    assert np.array_equal(found[4], masks[4][:, ::-1, ::-1])


@pytest.mark.parametrize("size", [16, 48, 256])
def test_rectangles_are_those_of_the_masks(size: int) -> None:
    seeds = [f"train/0/{number}" for number in range(40)]
    boxes = torch.tensor([rectangle(size, seed) for seed in seeds])
    expected = np.stack([draw("rectangle", size, size, seed) for seed in seeds])
    assert np.array_equal(fill_rectangles(boxes, size).numpy(), expected)


def test_a_mask_comes_back_in_every_mirror_image_and_then_no_more() -> None:
    count = 8
    masks = make(DataRecipe(size=32), range(2 * REUSE * count), count)
    assert masks.shape == (2 * REUSE * count, len(KINDS), 32, 32) and masks.dtype == torch.bool
    for slot in range(count):
        uses = masks[slot : REUSE * count : count, 1:]
        first = uses[0]
        images = [first, first.flip(2), first.flip(1), first.flip(1, 2)]
        for image in images:
            assert sum(torch.equal(image, use) for use in uses) == 1
        for later in masks[REUSE * count :, 1:]:
            assert not any(torch.equal(image, later) for image in images)


def test_masks_depend_on_seed_and_number_alone() -> None:
    recipe = DataRecipe(size=32, mask_windows=0.5)
    masks = make(recipe, range(80))
    # 20 to 69 begins in one bank, covers another and ends in a third.
    assert torch.equal(make(recipe, range(20, 70)), masks[20:70])
    assert torch.equal(make(recipe, range(33, 34)), masks[33:34])
    assert not torch.equal(make(recipe, range(80), seed=2), masks)


@pytest.mark.parametrize("first", [0, 5, 30])
@pytest.mark.parametrize("ranks", [1, 2])
def test_banks_drawn_ahead_are_the_same(first: int, ranks: int) -> None:
    recipe = DataRecipe(size=32, pictures_per_step=4)
    for rank in range(ranks):
        ahead = MaskBanks(recipe, 1, CPU, Share(rank, ranks), count=8)
        with ahead.drawing(first):
            for step in range(12):
                begin = first + (step * ranks + rank) * 4
                numbers = range(begin, begin + 4)
                assert torch.equal(
                    ahead.masks(numbers, ahead.boxes(numbers)), make(recipe, numbers)
                )


def test_a_rank_draws_only_its_own_masks(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []

    def counting(*args: object) -> np.ndarray:
        if args[4] == 0:  # the bank after it may have been begun
            drawn.append(len(args[5]))  # type: ignore[arg-type]
        return draw_bank(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "draw_bank", counting)
    banks = MaskBanks(DataRecipe(size=32, pictures_per_step=4), 1, CPU, Share(1, 4), count=16)
    with banks.drawing(0):
        banks.masks(range(4, 8), banks.boxes(range(4, 8)))
    assert drawn == [4, 4]  # of either kind


def test_processes_draw_the_same_and_their_end_is_an_error() -> None:
    recipe = DataRecipe(size=32, pictures_per_step=4, workers=1)
    banks = MaskBanks(recipe, 1, CPU, count=8)
    with banks.drawing(0):
        assert torch.equal(banks.masks(range(4), banks.boxes(range(4))), make(recipe, range(4)))
        (process,) = banks._pool._processes.values()  # type: ignore[union-attr]
        process.kill()
        process.join()
        with pytest.raises(TrainingError) as caught:
            banks.masks(range(64, 68), banks.boxes(range(64, 68)))
    assert caught.value.field == "data.workers"
    assert banks._pool is None


def test_coverage_at_256_is_that_of_the_paper() -> None:
    """Against figures of the authors' generator; each mask is used once, unmirrored."""
    covered = make(DataRecipe(), range(250), 250).flatten(2).count_nonzero(2) / 655.36
    for kind, mean, deviation in zip(covered.T, (24.8, 39.6, 51.3), (8.3, 6.1, 6.9), strict=True):
        assert kind.mean().item() == pytest.approx(mean, abs=1.5)
        assert kind.std().item() == pytest.approx(deviation, abs=1.5)


def test_borders_are_covered_as_the_masks_are() -> None:
    """Mirroring evens out the sides, and cuts nothing at the border."""
    recipe = DataRecipe(size=64)
    mirrored = make(recipe, range(4 * 120), count=120).float().mean(0)
    drawn = np.mean([draw("freeform", 64, 64, seed) for seed in range(300)], axis=0)
    assert mirrored[1, 0].mean().item() == pytest.approx(drawn[[0, -1]].mean(), abs=0.03)
    assert torch.allclose(mirrored[1], mirrored[1].flip(0))
    assert torch.allclose(mirrored[2], mirrored[2].flip(1))
