"""Pictures of every mode as RGB, and centre squares."""

import numpy as np
import pytest
from PIL import Image

from deepgin.pictures import centre_square, read_rgb, rgb_of

GREYS = np.array([[0, 1, 100, 127, 128, 254, 255]], np.uint8)


def grey(values):
    return np.repeat(np.asarray(values, np.uint8)[..., None], 3, axis=2)


def test_alpha_is_dropped_and_colours_stay(tmp_path, photo):
    pixels, alpha = photo(4, 6), photo(4, 6, seed=1)[..., :1]
    for name, image, expected in (
        ("rgb", Image.fromarray(pixels), pixels),
        ("rgba", Image.fromarray(np.concatenate([pixels, alpha], 2)), pixels),
        ("la", Image.fromarray(np.stack([GREYS, GREYS[:, ::-1]], 2)), grey(GREYS)),
        ("bits", Image.fromarray(GREYS > 127), grey((GREYS > 127) * 255)),
    ):
        image.save(tmp_path / f"{name}.png")
        np.testing.assert_array_equal(read_rgb(tmp_path / f"{name}.png"), expected)


@pytest.mark.parametrize("transparency", [None, 1, b"\x00\x80\xff"])
def test_palette(tmp_path, transparency, recwarn):
    colours = [(255, 0, 0), (0, 200, 0), (1, 2, 3)]
    picture = Image.fromarray(np.array([[0, 1, 2, 1]], np.uint8), "P")
    picture.putpalette([value for colour in colours for value in colour])
    options = {} if transparency is None else {"transparency": transparency}
    picture.save(tmp_path / "in.png", **options)
    for read in (read_rgb(tmp_path / "in.png"), rgb_of(picture)):
        assert np.asarray(read)[0].tolist() == [list(colours[i]) for i in (0, 1, 2, 1)]
    assert not recwarn.list


def test_cmyk(tmp_path):
    inks = [(0, 0, 0, 0), (0, 255, 255, 0), (255, 0, 255, 0), (0, 0, 0, 255)]
    Image.fromarray(np.array([inks], np.uint8), "CMYK").save(tmp_path / "in.tif")
    read = np.asarray(read_rgb(tmp_path / "in.tif"))
    assert read[0].tolist() == [[255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 0]]


def test_deep_grey_keeps_its_brightness(tmp_path):
    deep = np.array([[0, 128, 129, 257 * 100, 257 * 100 + 128, 257 * 100 + 129, 65535]], np.uint16)
    Image.fromarray(deep).save(tmp_path / "in.png")
    expected = grey([[0, 0, 1, 100, 100, 101, 255]])
    np.testing.assert_array_equal(read_rgb(tmp_path / "in.png"), expected)
    for mode in ("I", "F", "I;16"):  # of values of 8 bit
        np.testing.assert_array_equal(rgb_of(Image.fromarray(GREYS).convert(mode)), grey(GREYS))
    picture = Image.fromarray(np.array([[0, 0.5, 1, np.nan, -3]], np.float32))
    np.testing.assert_array_equal(rgb_of(picture), grey([[0, 128, 255, 0, 0]]))


@pytest.mark.parametrize(("height", "width"), [(8, 8), (8, 13), (14, 8)])
def test_centre_square_at_its_own_size_is_exact(photo, height, width):
    pixels = photo(height, width)
    top, left = (height - 8) // 2, (width - 8) // 2
    square = centre_square(Image.fromarray(pixels), 8)
    np.testing.assert_array_equal(square, pixels[top : top + 8, left : left + 8])


@pytest.mark.parametrize("size", [1, 5, 30])
def test_centre_square_has_the_size(size):
    square = centre_square(Image.new("RGB", (20, 11), (9, 90, 200)), size)
    assert (square.shape, square.dtype) == ((size, size, 3), np.uint8)
    assert (square == (9, 90, 200)).all()
