"""Samples cut on the device, here the CPU, against those that samples.py makes."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import AvifImagePlugin, Image

from deepgin.errors import TrainingError
from deepgin.training.data import Batch, Samples, Share, gather, open_samples, spare_cores
from deepgin.training.data import resident as module
from deepgin.training.data.masks import MaskBanks
from deepgin.training.data.resident import ResidentSamples
from deepgin.training.recipe import DataRecipe

from .conftest import same

SIZES = [(48, 40), (33, 77), (64, 64), (40, 90), (32, 32)]  # width, height


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of all shapes, most of them smooth, one turned by EXIF, with segmentations of noise."""
    path = tmp_path_factory.mktemp("resident")
    for i in range(10):
        draws = np.random.default_rng(i)
        # Sharp black and white take the Lanczos filter out of [0, 255] between its two passes.
        sharp = i in (5, 7, 9)  # none of them tall: see the class
        levels = (
            draws.integers(0, 2, (9, 9, 3)) * 255 if sharp else draws.integers(0, 256, (9, 9, 3))
        )
        smooth = Image.Resampling.NEAREST if sharp else Image.Resampling.BICUBIC
        width, height = SIZES[i % 5]
        picture = Image.fromarray(levels.astype(np.uint8)).resize((width, height), smooth)
        exif = picture.getexif()
        exif[0x0112] = 6 if i == 0 else 1  # orientation
        picture.save(path / f"{i}.png", exif=exif)
        if i != 0:
            shape = (height // (1 + i % 2), width // (1 + i % 2), 3)
            Image.fromarray(draws.integers(0, 256, shape, np.uint8)).save(path / f"{i}_seg.png")
    return path


def both(recipe: DataRecipe, first: int, guidance: bool = False) -> tuple[Batch, Batch]:
    return (
        Samples(recipe, 3, guidance=guidance).batch(first),
        ResidentSamples(recipe, 3, guidance=guidance).batch(first),
    )


@pytest.mark.parametrize("rotate", [False, True])
@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("squash", [0, 32, 96])
def test_samples_without_resizing_are_those_of_samples(
    folder: Path, squash: int, mirror: bool, rotate: bool
) -> None:
    recipe = DataRecipe(str(folder), size=32, mirror=mirror, rotate=rotate, pictures_per_step=24)
    if squash:
        recipe = replace(recipe, framing="squash", squash_size=squash)
    expected, found = both(recipe, 16)
    assert found.pictures.dtype == torch.uint8
    assert found.pictures.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(found.pictures, expected.pictures)
    assert found.masks.shape == expected.masks.shape and found.masks.dtype == torch.bool
    assert torch.equal(found.masks[:, 0], expected.masks[:, 0])  # the rectangles
    assert found.position == expected.position and found.guidance is None


@pytest.mark.parametrize("at_once", [gather._AT_ONCE, 1])
def test_resized_samples_differ_by_a_grey_level_or_two(
    folder: Path, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather, "_AT_ONCE", at_once)
    recipe = DataRecipe(str(folder), size=32, smallest_scale=0.4, rotate=True, pictures_per_step=30)
    with torch.autocast("cpu", torch.bfloat16):
        expected, found = both(recipe, 0)
    difference = (found.pictures.int() - expected.pictures.int()).abs()
    assert difference.max() <= 2
    assert (difference > 0).float().mean() < 0.08
    assert found.pictures.is_contiguous(memory_format=torch.channels_last)
    assert found.pictures.float().std() > 30


def test_mixed_batches_keep_unresized_pictures_exact(folder: Path) -> None:
    recipe = DataRecipe(str(folder), size=32, smallest_scale=0.5, pictures_per_step=20)
    resident = ResidentSamples(recipe, 3)
    expected, found = Samples(recipe, 3).batch(0), resident.batch(0)
    assert resident.plan(0).window is not None
    small = [i for i in range(20) if resident.stores[0].sizes[resident.order[i], 0] == 32]
    assert small
    assert torch.equal(found.pictures[small], expected.pictures[small])


@pytest.mark.parametrize("framing", ["crop", "squash"])
@pytest.mark.parametrize("scale", [0.4, 1.0])
def test_guidance_is_cut_as_by_samples(folder: Path, framing: str, scale: float) -> None:
    recipe = DataRecipe(
        str(folder),
        size=32,
        framing=framing,
        squash_size=64,
        smallest_scale=scale,
        rotate=True,
        pictures_per_step=30,
    )
    expected, found = both(recipe, 7, guidance=True)
    assert found.guidance is not None and expected.guidance is not None
    assert torch.equal(found.guidance, expected.guidance)


@pytest.fixture(scope="module")
def sequence(folder: Path) -> tuple[ResidentSamples, list[Batch]]:
    samples = ResidentSamples(DataRecipe(str(folder), size=32, pictures_per_step=3), 5)
    samples.banks = MaskBanks(samples.recipe, 5, samples.device, count=4)
    return samples, list(islice(samples.batches({}), 24))


@given(step=st.integers(0, 20))
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_position_goes_on_as_if_never_left(
    sequence: tuple[ResidentSamples, list[Batch]], step: int
) -> None:
    samples, batches = sequence
    position = batches[step].position
    assert position == {"pictures": 3 * (step + 1)}
    for found, expected in zip(
        islice(samples.batches(position), 3), batches[step + 1 :], strict=False
    ):
        assert same(found, expected)
        assert same(samples.batch(found.position["pictures"] - 3), expected)


def test_ranks_share_a_step(folder: Path) -> None:
    recipe = DataRecipe(str(folder), size=32, pictures_per_step=6)

    def steps(pictures: int, share: Share) -> Iterator[Batch]:
        part = replace(recipe, pictures_per_step=pictures)
        samples = ResidentSamples(part, 1, share=share)
        samples.banks = MaskBanks(part, 1, samples.device, share, count=8)
        return islice(samples.batches({"pictures": 12}), 4)

    halves = (steps(3, Share(rank, 2)) for rank in range(2))
    for expected, one, other in zip(steps(6, Share()), *halves, strict=True):
        assert torch.equal(expected.pictures, torch.cat([one.pictures, other.pictures]))
        assert torch.equal(expected.masks, torch.cat([one.masks, other.masks]))
        assert expected.position == one.position == other.position


def test_unreadable_pictures_are_named_and_replaced_as_by_samples(
    tree: Callable[..., Path], noise: Callable[..., bytes]
) -> None:
    for i in range(5):
        tree([f"{i}.png"], noise(i))
    folder = tree(["broken.png"], noise(9)[:400])
    recipe = DataRecipe(str(folder), size=32, pictures_per_step=12)
    resident, samples = ResidentSamples(recipe, 0), Samples(recipe, 0)
    assert torch.equal(resident.batch(0).pictures, samples.batch(0).pictures)
    assert [Path(name).name for name in resident.unreadable] == ["broken.png"]
    assert resident.pictures == samples.pictures
    tree(["small.png"], noise(8, 31, 60))
    with pytest.raises(TrainingError, match=r"broken\.png"):
        ResidentSamples(recipe, 0)


def test_pictures_of_no_weight_take_no_memory(folder: Path) -> None:
    names = [entry.name for entry in Samples(DataRecipe(str(folder)), 0).entries]
    recipe = DataRecipe(str(folder), size=32, weights=dict.fromkeys(names[:9], 0.0))
    samples = ResidentSamples(recipe, 0)
    assert samples.stores[0].pixels.numel() == 3 * 32 * 32
    assert torch.equal(samples.batch(0).pictures, Samples(recipe, 0).batch(0).pictures)


def test_pictures_that_do_not_fit_are_streamed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found before any is decoded, and said once."""

    def decode(encoded: bytes) -> Image.Image:
        raise AssertionError("decoded without room")

    monkeypatch.setattr(module, "decode", decode)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (50_000, 10**9))
    recipe = DataRecipe(str(folder), size=32, resident=True)
    lines: list[str] = []
    samples = open_samples(recipe, 0, torch.device("cuda"), say=lines.append)
    assert type(samples) is Samples
    assert samples.recipe.workers >= 1
    assert len(lines) == 1
    assert "data.resident" in lines[0]


@pytest.mark.parametrize(
    ("cores", "processes", "workers"), [(1, 1, 1), (8, 1, 7), (128, 4, 16), (16, 8, 1)]
)
def test_a_gpu_gets_the_cores_to_spare(
    monkeypatch: pytest.MonkeyPatch, cores: int, processes: int, workers: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: range(cores), raising=False)
    assert spare_cores(processes) == workers


def test_each_avif_is_decoded_by_one_thread(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AvifImagePlugin, "DEFAULT_MAX_THREADS", 0)
    ResidentSamples(DataRecipe(str(folder), size=32), 0)
    assert AvifImagePlugin.DEFAULT_MAX_THREADS == 1
