"""Cutting samples from pictures in which every pixel tells where it was."""

import io
import random
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import AvifImagePlugin, Image

from deepgin.errors import TrainingError
from deepgin.training.data.crops import (
    Cut,
    check_guidance,
    cut_guidance,
    cut_picture,
    cut_sample,
    decode,
    plan_cut,
)
from deepgin.training.recipe import DataRecipe

Coordinates = Callable[[int, int], np.ndarray]

PLAIN = DataRecipe(size=16, mirror=False)
SQUASH = replace(PLAIN, framing="squash", squash_size=64)


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("turns", range(4))
def test_turns_are_quarter_turns_and_the_mirror_comes_last(
    coordinates: Coordinates, turns: int
) -> None:
    picture, window = Image.fromarray(coordinates(40, 30)), coordinates(40, 30)[9:25, 5:21]
    pixels = cut_picture(picture, PLAIN, Cut(40, 30, 5, 9, turns=turns))
    assert np.array_equal(pixels, np.rot90(window, turns))
    pixels = cut_picture(picture, PLAIN, Cut(40, 30, 5, 9, turns=turns, mirrored=True))
    assert np.array_equal(pixels, np.fliplr(np.rot90(window, turns)))


def test_the_phases_together_are_the_squashed_picture(coordinates: Coordinates) -> None:
    picture = Image.fromarray(coordinates(100, 80))
    whole = np.asarray(picture.resize((64, 64), Image.Resampling.BICUBIC))
    again = np.zeros_like(whole)
    for top in range(4):
        for left in range(4):
            phase = cut_picture(picture, SQUASH, Cut(64, 64, left, top, step=4))
            again[top::4, left::4] = phase
    assert np.array_equal(again, whole)


def test_a_shrunk_crop_is_the_window_of_the_shrunk_picture(coordinates: Coordinates) -> None:
    picture = Image.fromarray(np.asarray(coordinates(60, 48)) * 3)
    whole = np.asarray(picture.resize((45, 36), Image.Resampling.LANCZOS)).astype(int)
    pixels = cut_picture(picture, PLAIN, Cut(45, 36, left=11, top=7)).astype(int)
    assert np.abs(pixels - whole[7:23, 11:27]).max() <= 1


def test_all_phases_turns_and_mirrors_are_drawn() -> None:
    recipe = replace(SQUASH, rotate=True, mirror=True)
    cuts = {plan_cut(50, 70, recipe, random.Random(i)) for i in range(2000)}
    assert len(cuts) == 16 * 4 * 2
    assert {(cut.width, cut.height, cut.step) for cut in cuts} == {(64, 64, 4)}


def test_nothing_is_turned_or_mirrored_unasked() -> None:
    cuts = {plan_cut(18, 17, PLAIN, random.Random(i)) for i in range(200)}
    assert cuts == {Cut(18, 17, left, top) for left in range(3) for top in range(2)}


@given(st.integers(16, 300), st.integers(16, 300), st.floats(0.05, 1), st.integers())
def test_crops_lie_inside_and_keep_the_aspect(
    width: int, height: int, scale: float, seed: int
) -> None:
    recipe = replace(PLAIN, smallest_scale=scale)
    cut = plan_cut(width, height, recipe, random.Random(seed))
    assert 16 <= cut.width <= width
    assert 16 <= cut.height <= height
    assert 0 <= cut.left <= cut.width - 16
    assert 0 <= cut.top <= cut.height - 16
    assert abs(cut.width / width - cut.height / height) <= 0.51 / width + 0.51 / height
    assert cut.width / width >= scale - 1 / width


def test_the_smallest_scale_is_reached() -> None:
    recipe = replace(PLAIN, smallest_scale=0.25)
    widths = [plan_cut(400, 300, recipe, random.Random(i)).width for i in range(500)]
    assert min(widths) < 105
    assert max(widths) > 395


@pytest.mark.parametrize("recipe", [PLAIN, SQUASH])
def test_a_picture_below_the_size_cannot_be_used(recipe: DataRecipe) -> None:
    with pytest.raises(ValueError, match=r"15 x 40 is below data\.size 16"):
        plan_cut(15, 40, recipe, random.Random(0))
    plan_cut(16, 40, recipe, random.Random(0))


@given(
    st.booleans(), st.booleans(), st.booleans(), st.floats(0.3, 1), st.integers(), st.integers(1, 3)
)
def test_guidance_is_cut_as_its_picture(
    squash: bool, mirror: bool, rotate: bool, scale: float, seed: int, larger: int
) -> None:
    """The guidance holds each pixel's coordinates, and so does the picture."""
    recipe = DataRecipe(
        size=16,
        framing="squash" if squash else "crop",
        squash_size=32,
        mirror=mirror,
        rotate=rotate,
        smallest_scale=scale,
    )
    rows, columns = np.mgrid[:40, :56]
    whole = np.stack([columns * 4, rows * 4, columns * 0], -1).astype(np.uint8)
    guidance = whole.repeat(larger, 0).repeat(larger, 1)
    picture, cut = cut_sample(png(whole), png(guidance), recipe, random.Random(seed))
    assert cut.shape == picture.shape == (16, 16, 3)
    # Half a source pixel for the nearest one, half for the picture's own rounding.
    inner = (slice(1, -1), slice(1, -1))
    worst = np.abs(picture[inner].astype(int) - cut[inner].astype(int)).max()
    assert worst <= 4 * (0.5 * max(1.0, 56 / 32) + 0.5) + 2


def test_guidance_has_no_new_colours() -> None:
    classes = np.random.default_rng(0).choice(np.array([3, 120, 250], np.uint8), (40, 40, 3))
    cut = plan_cut(90, 90, replace(SQUASH, smallest_scale=0.5), random.Random(0))
    found = cut_guidance(Image.fromarray(classes), SQUASH, cut)
    assert set(np.unique(found)) == {3, 120, 250}


def test_guidance_of_another_aspect_cannot_be_used() -> None:
    picture = Image.new("RGB", (200, 100))
    for fits in ((200, 100), (100, 50), (67, 33), (400, 201)):
        check_guidance(Image.new("RGB", fits), picture)
    for wrong in ((100, 200), (200, 103), (100, 100)):
        with pytest.raises(ValueError, match=f"its segmentation is {wrong[0]} x {wrong[1]}"):
            check_guidance(Image.new("RGB", wrong), picture)


def test_pictures_are_upright_rgb() -> None:
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    Image.new("L", (20, 30), 9).save(buffer, "JPEG", exif=exif)
    picture = decode(buffer.getvalue())
    assert (picture.mode, picture.size) == ("RGB", (30, 20))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"not a picture", "is no picture of a known format"),
        (png(np.arange(3 * 40 * 40, dtype=np.uint8).reshape(40, 40, 3))[:90], "cannot be decoded"),
    ],
)
def test_what_cannot_be_decoded_says_why(content: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        decode(content)


def test_avif_without_a_decoder_ends_the_run_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not after 1 % of pictures that cannot be decoded."""
    buffer = io.BytesIO()
    Image.new("RGB", (32, 32)).save(buffer, "AVIF")
    decode(buffer.getvalue())
    monkeypatch.setattr(AvifImagePlugin, "SUPPORTED", False)
    with pytest.raises(TrainingError, match="AVIF") as caught:
        decode(buffer.getvalue())
    assert caught.value.field == "data.train"
