"""Masks from a marker colour: exact, lossy, soft; what is near; what is not to be touched."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

from deepgin.errors import UsageError
from deepgin.pictures import colour_mask, near_misses

MARKERS = ["#ff00ff", "#00ff00", "#ff0000", "#0000ff", "#00ffff", "#ffffff"]
STROKE = np.zeros((96, 128), np.bool_)
STROKE[21:50, 30:77] = True
STROKE[60:66, 11:110] = True


def painted(colour, alpha, seed=0):
    """Return a ground of soft structure and some grain with a colour painted over it."""
    rng = np.random.default_rng(seed)
    ground = ndimage.gaussian_filter(rng.normal(size=(*alpha.shape, 3)), (6, 6, 0)) * 250
    ground = (110 + ground + rng.normal(0, 5, (*alpha.shape, 1))).clip(0, 190)
    colours = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    share = alpha[..., None].astype(np.float64)
    return (ground * (1 - share) + colours * share + 0.5).astype(np.uint8)


def coded(pixels, *form, **options):
    file = BytesIO()
    Image.fromarray(pixels).save(file, *form, **options)
    return np.asarray(Image.open(file).convert("RGB"))


def test_exact_and_near():
    rgb = np.array([[[255, 0, 255], [254, 1, 255], [255, 3, 255], [0, 0, 0]]], np.uint8)
    assert colour_mask(rgb, "#ff00ff", 0).tolist() == [[True, False, False, False]]
    assert near_misses(rgb, "#ff00ff", 0, colour_mask(rgb, "#ff00ff", 0)) == 2
    assert colour_mask(rgb, "magenta", 1).tolist() == [[True, True, False, False]]
    assert colour_mask(rgb, "#FF00FF", 3).tolist() == [[True, True, True, False]]
    assert colour_mask(rgb, "black", 255).all()


@pytest.mark.parametrize("colour", ["", "ff00ff", "#ff00f", "no such"])
def test_colours_that_are_none(colour):
    with pytest.raises(UsageError) as raised:
        colour_mask(np.zeros((2, 2, 3), np.uint8), colour)
    assert raised.value.field == "color"


@pytest.mark.parametrize("tolerance", [-1, 256])
def test_tolerances_out_of_range(tolerance):
    with pytest.raises(UsageError) as raised:
        colour_mask(np.zeros((2, 2, 3), np.uint8), "black", tolerance)
    assert raised.value.field == "color_tolerance"


@settings(max_examples=20, derandomize=True)
@given(st.sampled_from(MARKERS), st.integers(0, 99))
def test_a_hard_edge_is_kept_exactly(colour, seed):
    mask = colour_mask(painted(colour, STROKE, seed), colour)
    assert mask[STROKE].all()
    # A bright ground may lie nearer to white than its surroundings; it is a pixel here and there.
    assert (mask & ~STROKE).sum() <= (0.01 if colour != "#ffffff" else 0.05) * STROKE.sum()


@settings(max_examples=20, derandomize=True)
@given(
    st.sampled_from(MARKERS),
    st.sampled_from(["JPEG 60", "JPEG 75", "JPEG 95", "WEBP 80"]),
    st.sampled_from([0, 1, 2]),
    st.integers(0, 99),
)
def test_lossy_files_are_filled_whole(colour, form, subsampling, seed):
    kind, quality = form.split()
    options = {"subsampling": subsampling} if kind == "JPEG" else {}
    rgb = coded(painted(colour, STROKE, seed), kind, quality=int(quality), **options)
    mask = colour_mask(rgb, colour)
    assert (~mask & STROKE).sum() <= {"60": 4, "75": 2}.get(quality, 0)
    assert ndimage.distance_transform_edt(~STROKE)[mask].max() <= 6
    assert (mask & ~STROKE).sum() <= 0.35 * STROKE.sum()


@settings(max_examples=20, derandomize=True)
@given(st.sampled_from(MARKERS[:-1]), st.floats(0.5, 2), st.integers(0, 99))
def test_the_soft_rim_of_a_brush_goes_too(colour, softness, seed):
    alpha = ndimage.gaussian_filter(STROKE.astype(np.float64), softness)
    mask = colour_mask(painted(colour, alpha, seed), colour)
    assert mask[alpha >= 0.3].all()
    assert not mask[alpha < 1e-4].any()


def test_a_mark_in_the_corner_of_noise_does_not_spread():
    for seed in range(10):
        rgb = np.random.default_rng(seed).integers(0, 128, (30, 40, 3), np.uint8)
        rgb[:4, :4] = (255, 0, 254)
        assert colour_mask(rgb, "#ff00fe").sum() == 16


def test_a_gradient_towards_the_colour_is_no_rim():
    rgb = np.repeat(np.arange(0, 210, 2, dtype=np.uint8)[None, :, None], 60, 0).repeat(3, 2)
    rgb[20:40, 30:50] = 255
    assert colour_mask(rgb, "white").sum() == 20 * 20


def test_what_is_near_and_left_is_counted():
    rgb = painted("#ff00ff", STROKE)
    rgb[80:90, 100:110] = (215, 40, 215)
    mask = colour_mask(rgb, "#ff00ff")
    assert near_misses(rgb, "#ff00ff", 24, mask) == 100
    assert (
        near_misses(coded(rgb, "JPEG", quality=75), "#ff00ff", 0, mask & False) > STROKE.sum() / 2
    )
