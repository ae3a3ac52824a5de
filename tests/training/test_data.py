"""Finding pictures, their order, crops and masks."""

import tarfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgin.errors import TrainingError, UsageError
from deepgin.training.data import PictureOrder, Samples, training_mask
from deepgin.training.recipe import DataRecipe
from deepgin.training.sources import find_entries, group_weights


def test_folder_and_shard_are_found_in_order(photos: Path, shard: Path) -> None:
    names = [entry.name for entry in find_entries(photos)]
    assert names == ["000.png", "002.png", "004.png", "001.png", "003.png", "005.png"]
    assert [e.name for e in find_entries(shard)] == [e.name for e in find_entries(shard.parent)]
    assert len(find_entries(shard)) == 6


def test_shard_is_read_by_offset(shard: Path) -> None:
    with tarfile.open(shard) as tar:
        for entry in find_entries(shard):
            member = tar.extractfile(entry.name)
            assert member is not None
            assert entry.read() == member.read()


def test_missing_empty_and_damaged_sources_are_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="nowhere"):
        find_entries(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(TrainingError, match="empty holds no pictures"):
        find_entries(tmp_path / "empty")
    (tmp_path / "bad.tar").write_bytes(b"no tar at all" * 100)
    with pytest.raises(TrainingError, match=r"bad\.tar"):
        find_entries(tmp_path / "bad.tar")


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0, 2.5]), min_size=1, max_size=12), st.integers())
@settings(max_examples=50, deadline=None)
def test_order_draws_by_weight_and_can_be_entered_anywhere(weights: list[float], seed: int) -> None:
    if not any(weights):
        with pytest.raises(UsageError):
            PictureOrder(weights, seed)[0]
        return
    order = PictureOrder(weights, seed)
    drawn = [order[i] for i in range(300)]
    assert PictureOrder(weights, seed)[299] == drawn[299]
    counts = Counter(drawn)
    expected = {i: 300 * w / sum(weights) for i, w in enumerate(weights)}
    for i, number in expected.items():
        assert abs(counts[i] - number) <= 0.35 * number + 12
        assert weights[i] > 0 or counts[i] == 0


def test_an_epoch_has_each_picture_once() -> None:
    order = PictureOrder([1.0] * 7, 3)
    epochs = [[order[i] for i in range(7 * e, 7 * e + 7)] for e in range(3)]
    assert all(sorted(epoch) == list(range(7)) for epoch in epochs)
    assert epochs[0] != epochs[1]


def test_group_weights_come_from_the_csv(photos: Path, tmp_path: Path) -> None:
    csv = tmp_path / "groups.csv"
    csv.write_text("name,group\n000,faces\n001,scenes\n")
    recipe = DataRecipe(groups=str(csv), group_weights={"faces": 3.0})
    assert group_weights(find_entries(photos), recipe) == [3.0, 1, 1, 1, 1, 1]
    with pytest.raises(UsageError, match="phaces"):
        group_weights(find_entries(photos), replace(recipe, group_weights={"phaces": 2.0}))
    with pytest.raises(TrainingError, match=r"none\.csv"):
        group_weights(find_entries(photos), replace(recipe, groups="none.csv"))


@pytest.mark.parametrize("source", ["photos", "shard"])
def test_batch_is_a_function_of_its_number(source: str, request: pytest.FixtureRequest) -> None:
    recipe = DataRecipe(str(request.getfixturevalue(source)), size=32, smallest_scale=0.8)
    pictures, masks = Samples(recipe, 5).batch(4)
    again = Samples(recipe, 5)
    again.batch(0)
    same_pictures, same_masks = again.batch(4)
    assert torch.equal(pictures, same_pictures)
    assert torch.equal(masks, same_masks)
    assert pictures.shape == (2, 3, 32, 32)
    assert masks.shape == (2, 3, 32, 32)
    assert pictures.is_contiguous(memory_format=torch.channels_last)
    assert 0 <= pictures.min() < pictures.max() <= 1
    assert set(masks.unique().tolist()) <= {0.0, 1.0}
    assert not torch.equal(pictures, Samples(recipe, 6).batch(4)[0])


def test_batches_begin_at_any_picture(photos: Path) -> None:
    samples = Samples(DataRecipe(str(photos), size=32), 0)
    found = samples.batches(10)
    for first in (10, 12, 14):
        assert torch.equal(next(found)[0], samples.batch(first)[0])


def test_unreadable_pictures_are_named_and_skipped(photos: Path) -> None:
    (photos / "006.png").write_bytes(b"")
    samples = Samples(DataRecipe(str(photos), size=32), 0)
    for number in range(7):
        assert samples.picture(number).shape == (32, 32, 3)
    assert [Path(name.split(":")[0]).name for name in samples.unreadable] == ["006.png"]


def test_many_unreadable_pictures_stop_the_run(photos: Path) -> None:
    for i in (6, 7):
        (photos / f"{i:03d}.png").write_bytes(b"not a picture")
    samples = Samples(DataRecipe(str(photos), size=32), 0)
    with pytest.raises(TrainingError, match=r"00[67]\.png"):
        for number in range(16):
            samples.picture(number)


def test_too_small_pictures_are_named(photos: Path) -> None:
    with pytest.raises(TrainingError, match="below data.size 64"):
        Samples(DataRecipe(str(photos), size=64), 0).picture(0)


def test_mask_windows_have_the_holes_of_256() -> None:
    """A window's strokes are twice as wide as those of a mask made for 128."""

    def widths(share: float) -> float:
        recipe = DataRecipe(size=128, mask_windows=share)
        masks = [training_mask("cellular", recipe, str(i)) for i in range(60)]
        return float(np.mean([np.abs(np.diff(m.astype(int), axis=1)).mean() for m in masks]))

    edges_relative, edges_windows = widths(0.0), widths(1.0)
    assert edges_windows < 0.8 * edges_relative
    assert (
        training_mask("rectangle", DataRecipe(size=128, mask_windows=1.0), "0").shape == (128,) * 2
    )
