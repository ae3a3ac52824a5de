"""Batches of local pictures: functions of their number, whoever makes them."""

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepgin.errors import TrainingError
from deepgin.training.data import Samples, Share
from deepgin.training.data import samples as module
from deepgin.training.data.crops import decode
from deepgin.training.data.sources import Entry
from deepgin.training.recipe import DataRecipe

from .conftest import same

Noise = Callable[..., bytes]
CPU = torch.device("cpu")


@pytest.fixture
def folder(tmp_path: Path, noise: Noise) -> Path:
    """Eleven pictures with as many segmentations, which are the pictures again."""
    for i in range(11):
        (tmp_path / f"{i:02d}.png").write_bytes(noise(i))
        (tmp_path / f"{i:02d}_seg.png").write_bytes(noise(i))
    return tmp_path


def recipe_of(folder: Path, **more: object) -> DataRecipe:
    return replace(DataRecipe(str(folder), size=16, smallest_scale=0.8), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("source", ["photos", "shard"])
def test_a_batch_is_a_function_of_its_number(source: str, request: pytest.FixtureRequest) -> None:
    recipe = DataRecipe(str(request.getfixturevalue(source)), size=32, smallest_scale=0.8)
    batch = Samples(recipe, 5).batch(4)
    again = Samples(recipe, 5)
    again.batch(0)
    assert same(batch, again.batch(4))
    assert not torch.equal(batch.pictures, Samples(recipe, 6).batch(4).pictures)


def test_a_batch_holds_bytes_and_booleans(folder: Path) -> None:
    batch = Samples(recipe_of(folder), 5).batch(4)
    assert batch.pictures.shape == (2, 3, 16, 16)
    assert batch.pictures.dtype == torch.uint8
    assert batch.pictures.is_contiguous(memory_format=torch.channels_last)
    assert batch.masks.shape == (2, 3, 16, 16)
    assert batch.masks.dtype == torch.bool
    assert batch.guidance is None
    assert batch.position == {"pictures": 6}
    assert batch.unreadable == {}


def test_guidance_comes_along_when_asked_for(folder: Path) -> None:
    recipe = recipe_of(folder, mirror=True, rotate=True, smallest_scale=1.0)
    plain, guided = Samples(recipe, 5), Samples(recipe, 5, guidance=True)
    assert plain.pictures == guided.pictures == 11
    batch = guided.batch(0)
    assert batch.guidance is not None
    assert torch.equal(batch.guidance, batch.pictures)
    assert same(batch, plain.batch(0))


@given(first=st.integers(0, 60), each=st.integers(1, 3), ranks=st.integers(1, 3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
def test_ranks_share_a_step(folder: Path, first: int, each: int, ranks: int) -> None:
    one = Samples(recipe_of(folder, pictures_per_step=each * ranks), 0)
    shares = [
        Samples(recipe_of(folder, pictures_per_step=each), 0, CPU, Share(rank, ranks))
        for rank in range(ranks)
    ]
    whole, parts = one.batch(first), [share.batch(first) for share in shares]
    assert torch.equal(whole.pictures, torch.cat([part.pictures for part in parts]))
    assert torch.equal(whole.masks, torch.cat([part.masks for part in parts]))
    assert all(part.position == whole.position for part in parts)


def test_ranks_see_different_pictures(folder: Path) -> None:
    recipe = recipe_of(folder, pictures_per_step=1)
    first, second = (Samples(recipe, 0, CPU, Share(rank, 2)) for rank in (0, 1))
    numbers = (range(0, 10, 2), range(1, 10, 2))
    seen = [{first.entries[first.order[n]].name for n in own} for own in numbers]
    assert not seen[0] & seen[1]
    assert not torch.equal(first.batch(0).pictures, second.batch(0).pictures)


@given(steps=st.integers(0, 12), seed=st.integers(0, 3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
def test_a_run_resumed_is_a_run_not_stopped(folder: Path, steps: int, seed: int) -> None:
    recipe = recipe_of(folder)
    whole = list(islice(Samples(recipe, seed).batches({}), steps + 3))
    position = whole[steps - 1].position if steps else {}
    rest = islice(Samples(recipe, seed).batches(position), 3)
    assert all(same(a, b) for a, b in zip(whole[steps:], rest, strict=True))


@pytest.mark.parametrize("workers", [1, 2])
def test_processes_make_the_same_batches(folder: Path, workers: int) -> None:
    (folder / "03.png").write_bytes(b"")
    alone, beside = (Samples(recipe_of(folder, workers=w), 0) for w in (0, workers))
    pairs = zip(alone.batches({"pictures": 3}), beside.batches({"pictures": 3}), strict=True)
    assert all(same(a, b) for a, b in islice(pairs, 8))
    assert list(alone.unreadable) == list(beside.unreadable) == [str(folder / "03.png")]


def test_the_next_of_the_order_stands_in(photos: Path) -> None:
    (photos / "006.png").write_bytes(b"")
    samples = Samples(DataRecipe(str(photos), size=32, smallest_scale=1, mirror=False), 0)
    bad = next(n for n in range(7) if samples.entries[samples.order[n]].name == "006.png")
    (stand_in,) = samples.sample(bad, {})
    entry = samples.entries[samples.order[bad + 1]]
    pixels = torch.from_numpy(stand_in.copy())
    picture = torch.from_numpy(np.array(decode(entry.read())))
    windows = picture.unfold(0, 32, 1).unfold(1, 32, 1).permute(0, 1, 3, 4, 2)
    assert (windows == pixels).all(dim=(2, 3, 4)).any()


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize(
    ("total", "bad", "stops"), [(7, 1, False), (7, 2, True), (210, 2, False), (210, 3, True)]
)
def test_more_than_one_percent_stop_the_run(
    tmp_path: Path,
    noise: Noise,
    workers: int,
    total: int,
    bad: int,
    stops: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_PAUSE", 0.0)
    content = noise(0, 16, 16)
    for i in range(total):
        (tmp_path / f"{i:03d}.png").write_bytes(b"not a picture" if i < bad else content)
    recipe = recipe_of(tmp_path, workers=workers, pictures_per_step=15)
    made = islice(Samples(recipe, 0).batches({}), 15)
    if not stops:
        assert len(list(made)) == 15
        return
    with pytest.raises(TrainingError, match=r"more than 1 %.*00\d\.png \(is no picture") as one:
        list(made)
    assert "\n" not in str(one.value)


def test_a_bad_segmentation_makes_its_picture_unreadable(folder: Path, noise: Noise) -> None:
    (folder / "04_seg.png").write_bytes(noise(4, 36, 40))
    samples = Samples(recipe_of(folder), 0, guidance=True)
    list(islice(samples.batches({}), 8))
    assert list(samples.unreadable) == [str(folder / "04.png")]
    assert "its segmentation is 36 x 40" in samples.unreadable[str(folder / "04.png")]


def test_what_fails_for_a_moment_is_tried_again(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = DataRecipe(str(photos), size=32, smallest_scale=0.8)
    expected = Samples(recipe, 0).batch(0)
    real, seen = Entry.read, set()

    def fails_once(entry: Entry) -> bytes:
        if entry.name not in seen:
            seen.add(entry.name)
            raise OSError("the disk was away")
        return real(entry)

    monkeypatch.setattr(Entry, "read", fails_once)
    again = Samples(recipe, 0).batch(0)
    assert not again.unreadable
    assert torch.equal(again.pictures, expected.pictures)
