"""Options: which values are refused, and what each does to hole and filling."""

from dataclasses import replace

import numpy as np
import pytest

from deepgin import Inpainter
from deepgin.errors import PictureError, UsageError
from deepgin.inpainting import Options


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


def hole_of(photo, painter, picture=None, mask=None, **options):
    picture = photo(30, 40) if picture is None else picture
    inpainter = Inpainter(runtime=painter(), options=Options(texture="off", **options))
    result = inpainter.run(picture, mask)
    np.testing.assert_array_equal(result.array()[~result.hole], picture[~result.hole])
    assert (result.array()[result.hole] == painter.COLOUR).all()
    return result.hole


def test_box(photo, painter):
    expected = np.zeros((30, 40), np.bool_)
    expected[5:9, 3:13] = True
    np.testing.assert_array_equal(hole_of(photo, painter, box="3,5,10,4"), expected)
    with pytest.raises(UsageError):
        hole_of(photo, painter, mask=expected, box="3,5,10,4")


def test_colour(photo, painter):
    picture = photo(30, 40) // 2
    picture[4:8, 4:8] = (255, 0, 254)
    expected = (picture == (255, 0, 254)).all(-1)
    np.testing.assert_array_equal(hole_of(photo, painter, picture, color="#ff00fe"), expected)
    with pytest.raises(UsageError):
        hole_of(photo, painter, picture, mask=expected, color="#ff00fe")


def test_colour_tolerance(photo, painter):
    picture = photo(30, 40) // 2
    picture[4:8, 4:8] = (255, 0, 255)
    picture[4:8, 6:8] = (240, 9, 250)
    assert hole_of(photo, painter, picture, color="#ff00ff").sum() == 16
    inpainter = Inpainter(runtime=painter(), options=Options(color="#ff00ff", color_tolerance=0))
    result = inpainter.run(picture)
    assert result.hole.sum() == 8
    (warning,) = result.warnings
    assert warning.startswith("8 pixels near the colour #ff00ff")


@pytest.mark.parametrize("invert", [False, True])
def test_a_mask_of_zero_and_one_is_explained(photo, painter, invert):
    mask = np.zeros((30, 40), np.uint8)
    mask[10:20, 10:20] = 1
    inpainter = Inpainter(runtime=painter(), options=Options(invert=invert))
    if invert:
        with pytest.raises(PictureError, match="0 and 1"):
            inpainter.run(photo(30, 40), mask)
    else:
        (warning,) = inpainter.run(photo(30, 40), mask).warnings
        assert "0 and 1" in warning
    assert hole_of(photo, painter, mask=mask, threshold=0.002).sum() == 100


def test_dilate_invert_and_threshold(photo, painter):
    mask = np.zeros((30, 40), np.uint8)
    mask[10:20, 10:20] = 100
    assert hole_of(photo, painter, mask=mask, threshold=0.3).sum() == 100
    assert not hole_of(photo, painter, mask=mask, threshold=0.5).any()
    inverted = hole_of(photo, painter, mask=mask, threshold=0.3, invert=True)
    assert inverted.sum() == 30 * 40 - 100
    grown = hole_of(photo, painter, mask=mask, threshold=0.3, dilate=2)
    assert grown[8:22, 10:20].all()
    assert not grown[:8].any()


def test_resize_mask(photo, painter):
    mask = np.zeros((15, 20), np.bool_)
    mask[5:10, 5:10] = True
    expected = np.repeat(np.repeat(mask, 2, 0), 2, 1)
    np.testing.assert_array_equal(hole_of(photo, painter, mask=mask, resize_mask=True), expected)
    with pytest.raises(PictureError, match="20 x 15 .* 40 x 30") as raised:
        hole_of(photo, painter, mask=mask)
    assert raised.value.field == "mask"


def test_ensemble_degrid_and_feather_change_the_hole_alone(weights, photo, alone):
    picture, mask = photo(48, 40), np.zeros((48, 40), np.bool_)
    mask[10:30, 8:30] = True
    inpainter = Inpainter(weights, device="cpu", precision="float32")
    plain = inpainter.run(picture, mask, options=alone).array()
    for option in ({"ensemble": True}, {"degrid": True}, {"feather": 5}):
        found = inpainter.run(picture, mask, options=replace(alone, **option)).array()
        np.testing.assert_array_equal(found[~mask], picture[~mask])
        assert (found[mask] != plain[mask]).any()
