"""A larger canvas: by how much pictures grow, what is missing there, and what stays."""

import numpy as np
import pytest
from PIL import Image

from deepgin import Inpainter
from deepgin.errors import PictureError, UsageError
from deepgin.inpainting import Job, Options
from deepgin.inpainting.canvas import sides_of
from deepgin.pictures import Document


@pytest.mark.parametrize(
    ("extend", "parsed"),
    [
        ("100,0,100,0", (100, 0, 100, 0)),
        ((100, 0, 100, 0), (100, 0, 100, 0)),
        ([1, "2%", 3, "12.5%"], (1, "2%", 3, "12.5%")),
        (" 10% ,0, 10%,0 ", ("10%", 0, "10%", 0)),
        ("", None),
    ],
)
def test_extend(extend, parsed):
    assert Options(extend=extend).extend == parsed


@pytest.mark.parametrize("canvas", ["1920x1080", " 1920 X 1080", (1920, 1080), [1920, 1080]])
def test_canvas(canvas):
    assert Options(canvas=canvas).canvas == (1920, 1080)


@pytest.mark.parametrize(
    "options",
    [
        {"extend": "0,0,0,0"},
        {"extend": "0%,0,0.0%,0"},
        {"extend": (0, 0, 0, 0)},
        {"extend": "-1,0,5,0"},
        {"extend": (5, 0, -5, 0)},
        {"extend": "101%,0,0,0"},
        {"extend": "1,2,3"},
        {"extend": "1,2,3,4,5"},
        {"extend": "wide"},
        {"extend": 40},
        {"extend": (1.5, 0, 0, 0)},
        {"extend": "9999999,0,0,0"},
        {"canvas": "big"},
        {"canvas": "0x100"},
        {"canvas": "-5x100"},
        {"canvas": (100,)},
        {"canvas": "100x100", "extend": "1,1,1,1"},
        {"alpha": True, "box": "1,2,3,4"},
    ],
)
def test_values_that_do_not_work(options):
    with pytest.raises(UsageError) as raised:
        Options(**options)
    assert raised.value.field == next(iter(options))
    assert raised.value.mend
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("options", "sides"),
    [
        ({"extend": "10%,10%,5,12.5%"}, (15, 10, 5, 13)),
        ({"canvas": "153x100"}, (1, 0, 2, 0)),
        ({}, None),
    ],
)
def test_sides(options, sides):
    assert sides_of((150, 100), Options(**options), "a.png") == sides


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"canvas": "149x300"}, ("150 x 100", "149 x 300")),
        ({"canvas": "300x99"}, ("150 x 100",)),
        ({"extend": "20000,0,0,20000"}, ("20150 x 20100",)),
        ({"canvas": "20000x20000"}, ("20000 x 20000",)),
    ],
)
def test_pictures_that_cannot_grow_so(options, words, painter, photo):
    with pytest.raises(PictureError) as raised:
        Inpainter(runtime=painter()).run(photo(100, 150), options=Options(**options))
    assert raised.value.field == next(iter(options))
    assert all(word in str(raised.value) for word in ("the picture", *words))


@pytest.fixture
def grown(painter):
    """Enlarges a picture by 3, 5, 7 and 9 pixels, and checks that all that is no hole stays."""

    def run(picture, mask=None, opaque=False, **options):
        made = Options(texture="off", extend=(3, 5, 7, 9), **options)
        result = Inpainter(runtime=painter()).run(picture, mask, options=made)
        pixels, (height, width) = result.array(), picture.shape[:2]
        assert pixels.shape == (height + 14, width + 10, *picture.shape[2:])
        assert pixels.dtype == picture.dtype
        inner, hole = pixels[5:-9, 3:-7], result.hole[5:-9, 3:-7].copy()
        stays = ~hole if opaque else ~hole | Document.of_array(picture).unseen()
        np.testing.assert_array_equal(inner[stays], picture[stays])
        outer = result.hole.copy()
        outer[5:-9, 3:-7] = True
        assert outer.all()
        return result, hole

    return run


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_the_new_part_alone(grown, kind, channels):
    full = np.iinfo(kind).max
    picture = np.random.default_rng(0).integers(0, full, (40, 60, channels), kind)
    picture = picture[..., 0] if channels == 1 else picture
    picture[:9, :9] = 0  # transparent, where it has an alpha
    picture[0, -1] = full
    result, hole = grown(picture)
    assert not hole.any()
    new = np.delete(result.array().reshape(-1, channels), np.flatnonzero(~result.hole), 0)
    colours = new if channels in (1, 3) else new[:, :-1]
    assert (colours == 77 * (full // 255)).all()
    if channels in (2, 4):
        assert (new[:, -1] == full).all()


def test_with_a_hole_of_each_kind(grown, photo):
    picture = np.dstack([photo(40, 60) // 2, np.full((40, 60), 255, np.uint8)])
    picture[10:20, 30:40] = (255, 0, 255, 0)
    mask = np.zeros((40, 60), np.bool_)
    mask[10:20, 30:40] = True
    for given, options in (
        (mask, {}),
        (~mask, {"invert": True}),
        (None, {"box": (30, 10, 10, 10)}),
        (None, {"color": "#ff00ff"}),
    ):
        result, hole = grown(picture, given, **options)
        np.testing.assert_array_equal(hole, mask)
        assert (result.array()[15:25, 33:43, 3] == 0).all()
    result, hole = grown(picture, opaque=True, alpha=True)
    np.testing.assert_array_equal(hole, mask)
    assert (result.array()[..., 3] == 255).all()
    result, hole = grown(picture, mask, dilate=2)
    assert (hole.sum(), hole[0].sum()) == (192, 0)  # a dilated hole, and no rim of the picture


def test_a_mask_that_marks_nothing(grown, photo):
    result, hole = grown(photo(40, 60), np.zeros((40, 60), np.bool_))
    assert not hole.any()
    assert len(result.warnings) == 1


def test_the_canvas_is_reached_already(painter, photo):
    picture = photo(40, 60)
    made = Options(texture="off", canvas="60x40")
    result = Inpainter(runtime=painter()).run(picture, options=made)
    np.testing.assert_array_equal(result.array(), picture)
    assert len(result.warnings) == 1


def test_orientation_comes_first(painter, photo, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(photo(40, 60)).save(tmp_path / "a.png", exif=exif)
    made = Options(texture="off", extend=("50%", 0, 0, "10%"))
    result = Inpainter(runtime=painter()).run(tmp_path / "a.png", options=made)
    assert result.document.size == (60, 66)
    assert result.hole[:, :20].all() and not result.hole[:60, 20:].any()


def test_guidance_is_of_the_canvas(painter, photo):
    inpainter, made = Inpainter(runtime=painter(guided=True)), Options(extend=(4, 0, 0, 0))
    document = Document.of_array(photo(40, 60))
    job = Job(document, guidance=photo(40, 64))
    assert inpainter.fill_many([job], made)[0].document.size == (64, 40)
    with pytest.raises(UsageError) as raised:
        inpainter.fill_many([job._replace(guidance=photo(40, 60))], made)
    assert raised.value.field == "guidance"
