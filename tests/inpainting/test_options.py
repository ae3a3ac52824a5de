"""Options: which values are refused, and what each does to hole and filling."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from deepgin import Inpainter
from deepgin.errors import PictureError, UsageError
from deepgin.inpainting import Options
from deepgin.inpainting.missing import dilate


@pytest.mark.parametrize(
    "options",
    [
        {"fit": "crops"},
        {"texture": "no"},
        {"dilate": -1},
        {"feather": 5000},
        {"threshold": 0},
        {"threshold": 1.5},
        {"threshold": float("nan")},
        {"box": "1,2,3"},
        {"box": "1,2,-3,4"},
        {"box": (1, 2, 3)},
        {"box": (1.5, 2, 3, 4)},
        {"box": 4},
        {"color": "#12345"},
        {"color_tolerance": -1},
        {"color_tolerance": 256},
        {"color": "#fff", "box": "1,2,3,4"},
    ],
)
def test_values_that_do_not_work(options):
    with pytest.raises(UsageError) as raised:
        Options(**options)
    assert raised.value.field == next(iter(options))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("box", ["3,5,10,4", " 3, 5,10 ,4", (3, 5, 10, 4), [3, 5, 10, 4]])
def test_a_box_is_a_tuple(box):
    assert Options(box=box).box == (3, 5, 10, 4)
    assert Options(box="").box is None


@pytest.fixture
def hole_of(photo, painter):
    """Fills a picture of 30 x 40 and returns its hole."""

    def filled(mask=None, picture=None, **options):
        picture = photo(30, 40) // 2 if picture is None else picture
        inpainter = Inpainter(runtime=painter(), options=Options(texture="off", **options))
        result = inpainter.run(picture, mask)
        np.testing.assert_array_equal(result.array()[~result.hole], picture[~result.hole])
        assert (result.array()[result.hole] == painter.COLOUR).all()
        return result.hole

    return filled


def test_box(hole_of):
    expected = np.zeros((30, 40), np.bool_)
    expected[5:9, 3:13] = True
    np.testing.assert_array_equal(hole_of(box="3,5,10,4"), expected)
    with pytest.raises(UsageError):
        hole_of(expected, box="3,5,10,4")


def test_colour_and_its_tolerance(photo, painter, hole_of):
    picture = photo(30, 40) // 2
    picture[4:8, 4:8] = (255, 0, 255)
    expected = (picture == (255, 0, 255)).all(-1)
    picture[4:8, 6:8] = (240, 9, 250)
    np.testing.assert_array_equal(hole_of(picture=picture, color="#ff00ff"), expected)
    with pytest.raises(UsageError):
        hole_of(expected, picture, color="#ff00ff")
    inpainter = Inpainter(runtime=painter(), options=Options(color="#ff00ff", color_tolerance=0))
    result = inpainter.run(picture)
    assert result.hole.sum() == 8
    (warning,) = result.warnings
    assert "{color_tolerance}" in warning.mend


@pytest.mark.parametrize("invert", [False, True])
def test_a_mask_of_zero_and_one_is_explained(photo, painter, hole_of, invert):
    mask = np.zeros((30, 40), np.uint8)
    mask[10:20, 10:20] = 1
    inpainter = Inpainter(runtime=painter(), options=Options(invert=invert))
    if invert:
        with pytest.raises(PictureError, match="0 and 1"):
            inpainter.run(photo(30, 40), mask)
    else:
        (warning,) = inpainter.run(photo(30, 40), mask).warnings
        assert "0 and 1" in warning
    assert hole_of(mask, threshold=0.002).sum() == 100


def test_dilate_invert_and_threshold(hole_of):
    mask = np.zeros((30, 40), np.uint8)
    mask[10:20, 10:20] = 100
    assert hole_of(mask, threshold=0.3).sum() == 100
    assert not hole_of(mask, threshold=0.5).any()
    assert hole_of(mask, threshold=0.3, invert=True).sum() == 30 * 40 - 100
    grown = hole_of(mask, threshold=0.3, dilate=2)
    assert grown[8:22, 10:20].all()
    assert not grown[:8].any()


@given(
    st.integers(1, 40), st.integers(1, 40), st.integers(1, 60), st.floats(0, 0.2), st.integers(0, 9)
)
def test_dilation_is_a_disc(height, width, by, share, seed):
    hole = np.random.default_rng(seed).random((height, width)) < share
    distance = ndimage.distance_transform_edt(~hole) if hole.any() else np.full(hole.shape, 1e9)
    np.testing.assert_array_equal(dilate(hole, by), (distance**2).round() <= by * by + by)
    np.testing.assert_array_equal(dilate(hole, 0), hole)


def test_resize_mask(hole_of):
    mask = np.zeros((15, 20), np.bool_)
    mask[5:10, 5:10] = True
    expected = np.repeat(np.repeat(mask, 2, 0), 2, 1)
    np.testing.assert_array_equal(hole_of(mask, resize_mask=True), expected)


def test_ensemble_degrid_and_feather_change_the_hole_alone(weights, photo, alone):
    picture, mask = photo(48, 40), np.zeros((48, 40), np.bool_)
    mask[10:30, 8:30] = True
    inpainter = Inpainter(weights, device="cpu", precision="float32")
    plain = inpainter.run(picture, mask, options=alone).array()
    for option in ({"ensemble": True}, {"degrid": True}, {"feather": 5}):
        filled = inpainter.run(picture, mask, options=replace(alone, **option)).array()
        np.testing.assert_array_equal(filled[~mask], picture[~mask])
        assert (filled[mask] != plain[mask]).any()
