"""Formats by name, what they refuse, and how JPEG and WebP are coded."""

import numpy as np
import pytest
from PIL import Image, JpegImagePlugin

from deepgin.errors import UsageError
from deepgin.pictures import Document, check_target
from deepgin.pictures.formats import FORMATS, WRITABLE_ENDINGS, format_named


def scene(height=48, width=64):
    """A picture that JPEG codes well: slopes, and a few edges."""
    rows, columns = np.mgrid[:height, :width]
    pixels = np.stack([60 + rows, 50 + columns, 200 - rows - columns // 2], 2).clip(0, 255)
    pixels[10:30, 20:50, 1] += 60
    return pixels.astype(np.uint8)


@pytest.mark.parametrize("ending", sorted(WRITABLE_ENDINGS - {".heic", ".heif", ".hif"}))
def test_every_ending_is_written_in_its_format(tmp_path, ending):
    path = tmp_path / f"out{ending.upper()}"
    Document.of_array(scene()).save(path)
    with Image.open(path) as written:
        assert written.format == format_named(path).name
        assert written.size == (64, 48)


@pytest.mark.parametrize(("given", "written"), [("PNG", "PNG"), ("JPEG", "JPEG"), ("WEBP", "WEBP")])
def test_a_name_without_an_ending_gets_the_own_format(tmp_path, given, written):
    Image.fromarray(scene()).save(tmp_path / "in", given)
    Document.open(tmp_path / "in").save(tmp_path / "out")
    with Image.open(tmp_path / "out") as found:
        assert found.format == written


@pytest.mark.parametrize("name", ["out.gif", "out.pdf", "out.txt", "out", "out.png.", ".png"])
def test_names_of_no_format(tmp_path, name):
    with pytest.raises(UsageError) as raised:
        Document.of_array(scene()).save(tmp_path / name)
    assert raised.value.field == "format"
    assert not list(tmp_path.iterdir())


def test_a_gif_has_no_own_format_to_go_by(tmp_path):
    Image.fromarray(scene()).convert("P").save(tmp_path / "in.gif")
    document = Document.open(tmp_path / "in.gif")
    with pytest.raises(UsageError) as raised:
        document.save(tmp_path / "out")
    assert raised.value.field == "format"
    with pytest.raises(UsageError) as raised:
        check_target("out.gif")
    assert raised.value.field == "format"


@pytest.mark.parametrize(
    ("shape", "ending", "what"),
    [
        ((4, 5, 4), "jpg", "JPEG holds no alpha"),
        ((4, 5, 2), "jpg", "JPEG holds no alpha"),
        ((4, 5, 4), "bmp", "BMP holds no alpha"),
        ((4, 5, 4), "ppm", "PPM holds no alpha"),
    ],
)
def test_alpha_that_says_something_is_not_dropped(tmp_path, shape, ending, what):
    pixels = np.full(shape, 255, np.uint8)
    pixels[0, 0, -1] = 254
    with pytest.raises(UsageError) as raised:
        Document.of_array(pixels).save(tmp_path / f"out.{ending}")
    assert what in str(raised.value)
    assert str(tmp_path / f"out.{ending}") in str(raised.value)
    pixels[0, 0, -1] = 255
    Document.of_array(pixels).save(tmp_path / f"out.{ending}")
    assert Document.open(tmp_path / f"out.{ending}").mode == {2: "L", 4: "RGB"}[shape[2]]


@pytest.mark.parametrize("ending", ["png", "webp", "avif", "bmp", "jp2"])
def test_cmyk_is_not_turned_into_other_colours(tmp_path, ending):
    document = Document.of(Image.new("CMYK", (5, 4), (1, 2, 3, 4)))
    with pytest.raises(UsageError) as raised:
        document.save(tmp_path / f"out.{ending}")
    assert raised.value.field == "format"


@pytest.mark.parametrize(("shape", "mode"), [((4, 5), "RGB"), ((4, 5, 2), "RGBA")])
def test_webp_of_grey(tmp_path, shape, mode):
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    document = Document.of_array(pixels)
    notes = document.save(tmp_path / "out.webp")
    assert notes == (f"WEBP holds no {document.mode}: written as {mode} of the same shades",)
    found = Document.open(tmp_path / "out.webp")
    assert found.mode == mode
    np.testing.assert_array_equal(found.rgb(), document.rgb())


def exact_note(notes):
    return [note for note in notes if "is not exact" in note]


@pytest.mark.parametrize("ending", ["png", "tif", "bmp", "webp", "jp2", "tga", "ppm"])
def test_exact_formats_say_nothing(tmp_path, ending):
    assert Document.of_array(scene()).save(tmp_path / f"out.{ending}") == ()


@pytest.mark.parametrize(("ending", "name"), [("jpg", "JPEG"), ("avif", "AVIF")])
def test_lossy_formats_say_so(tmp_path, ending, name):
    document = Document.of_array(scene())
    notes = document.save(tmp_path / f"out.{ending}")
    assert len(exact_note(notes)) == 1
    assert notes[0].startswith(name)
    found = Document.open(tmp_path / f"out.{ending}")
    assert np.abs(found.pixels.astype(int) - document.pixels).max() <= 20


def test_webp_is_lossless_until_a_quality_is_asked_for(tmp_path):
    document = Document.of_array(scene())
    document.save(tmp_path / "exact.webp")
    np.testing.assert_array_equal(Document.open(tmp_path / "exact.webp").pixels, document.pixels)
    assert exact_note(document.save(tmp_path / "rated.webp", quality=80))
    assert (Document.open(tmp_path / "rated.webp").pixels != document.pixels).any()
    assert b"VP8L" in (tmp_path / "exact.webp").read_bytes()[:64]
    assert b"VP8L" not in (tmp_path / "rated.webp").read_bytes()[:64]


def test_lossy_webp_comes_back_as_it_was_decoded(tmp_path):
    Image.fromarray(scene()).save(tmp_path / "in.webp", quality=50)
    document = Document.open(tmp_path / "in.webp")
    assert document.save(tmp_path / "out.webp") == ()
    np.testing.assert_array_equal(Document.open(tmp_path / "out.webp").pixels, document.pixels)


@pytest.mark.parametrize("ending", ["jpg", "webp", "avif"])
def test_quality(tmp_path, ending):
    sizes = []
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    for quality in (20, 90):
        path = tmp_path / f"{quality}.{ending}"
        Document.of_array(noise).save(path, quality=quality)
        sizes.append(path.stat().st_size)
    assert sizes[0] * 1.5 < sizes[1]


def test_a_quality_that_is_not_used_is_said(tmp_path):
    notes = Document.of_array(scene()).save(tmp_path / "out.png", quality=80)
    assert notes == ("PNG is exact: the quality is not used",)


@pytest.mark.parametrize("quality", [-1, 101])
def test_a_quality_out_of_range(tmp_path, quality):
    with pytest.raises(UsageError) as raised:
        Document.of_array(scene()).save(tmp_path / "out.jpg", quality=quality)
    assert raised.value.field == "quality"


def coding(path):
    with Image.open(path) as image:
        return (
            {key: list(table) for key, table in image.quantization.items()},
            JpegImagePlugin.get_sampling(image),
            bool(image.info.get("progressive")),
        )


@pytest.mark.parametrize("quality", [30, 75, 95])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_is_coded_as_it_was(tmp_path, quality, subsampling, progressive):
    Image.fromarray(scene()).save(
        tmp_path / "in.jpg", quality=quality, subsampling=subsampling, progressive=progressive
    )
    document = Document.open(tmp_path / "in.jpg")
    document.save(tmp_path / "out.jpg")
    assert coding(tmp_path / "out.jpg") == coding(tmp_path / "in.jpg")
    difference = np.abs(Document.open(tmp_path / "out.jpg").pixels.astype(int) - document.pixels)
    # Coded on the same grid by the same tables, nearly all comes back; less of halved colours,
    # which were smoothed as they were enlarged.
    assert difference.mean() < (0.8 if subsampling == 2 else 0.3)


def test_a_quality_takes_the_place_of_the_tables(tmp_path):
    Image.fromarray(scene()).save(tmp_path / "in.jpg", quality=30, subsampling=2)
    Image.fromarray(scene()).save(tmp_path / "same.jpg", quality=90, subsampling=2)
    Document.open(tmp_path / "in.jpg").save(tmp_path / "out.jpg", quality=90)
    assert coding(tmp_path / "out.jpg") == coding(tmp_path / "same.jpg")


def test_a_new_jpeg_keeps_colours_at_full_resolution(tmp_path):
    Document.of_array(scene()).save(tmp_path / "out.jpg")
    Image.fromarray(scene()).save(tmp_path / "same.jpg", quality=95, subsampling=0)
    assert coding(tmp_path / "out.jpg") == coding(tmp_path / "same.jpg")
    Document.of_array(scene()).save(tmp_path / "rated.jpg", quality=60)
    assert coding(tmp_path / "rated.jpg")[1] == 0


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_tables_turn_with_the_picture(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    # One number for each row of a table: rows become columns.
    table = [4 + 4 * (i // 8) for i in range(64)]
    Image.fromarray(scene()).save(
        tmp_path / "in.jpg", qtables=[table] * 2, subsampling=0, exif=exif
    )
    document = Document.open(tmp_path / "in.jpg")
    document.save(tmp_path / "out.jpg")
    tables, subsampling, _ = coding(tmp_path / "out.jpg")
    assert tables[0] == [4 + 4 * (i % 8) for i in range(64)]
    assert subsampling == 0
    difference = np.abs(Document.open(tmp_path / "out.jpg").pixels.astype(int) - document.pixels)
    assert difference.mean() < 0.5


def test_colour_halved_in_width_is_kept_whole_when_turned(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(scene()).save(tmp_path / "in.jpg", subsampling=1, exif=exif)
    Document.open(tmp_path / "in.jpg").save(tmp_path / "out.jpg")
    assert coding(tmp_path / "out.jpg")[1] == 0


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_jpeg_of_other_modes(tmp_path, mode):
    Image.fromarray(scene()).convert(mode).save(tmp_path / "in.jpg", quality=80)
    document = Document.open(tmp_path / "in.jpg")
    assert (document.mode, document.notes) == (mode, ())
    hole = np.zeros((48, 64), np.bool_)
    hole[16:32, 16:32] = True
    filled = document.filled(np.full((48, 64, 3), 128, np.uint8), hole)
    filled.save(tmp_path / "out.jpg")
    found = Document.open(tmp_path / "out.jpg")
    assert found.mode == mode
    assert coding(tmp_path / "out.jpg")[0] == coding(tmp_path / "in.jpg")[0]
    difference = np.abs(found.pixels.astype(int) - filled.pixels)
    assert difference[~hole].mean() < 1
    assert np.abs(found.rgb()[hole].astype(int) - 128).mean() < 3


def test_jpeg_of_red_green_and_blue_stays_so(tmp_path):
    Image.fromarray(scene()).save(tmp_path / "in.jpg", keep_rgb=True, quality=90, subsampling=0)
    Document.open(tmp_path / "in.jpg").save(tmp_path / "out.jpg")
    assert Document.open(tmp_path / "in.jpg").metadata.jpeg.keeps_rgb
    assert Document.open(tmp_path / "out.jpg").metadata.jpeg.keeps_rgb


def test_a_jpeg_written_as_png_is_exact(tmp_path):
    Image.fromarray(scene()).save(tmp_path / "in.jpg")
    document = Document.open(tmp_path / "in.jpg")
    assert document.save(tmp_path / "out.png") == ()
    np.testing.assert_array_equal(Document.open(tmp_path / "out.png").pixels, document.pixels)


def test_endings_are_each_of_one_format():
    endings = [ending for f in FORMATS for ending in f.endings]
    assert len(endings) == len(set(endings)) == len(WRITABLE_ENDINGS)


@pytest.mark.parametrize("target", [f for f in FORMATS if "xmp" not in f.kept])
def test_provenance_where_it_cannot_be_told(tmp_path, target):
    path = tmp_path / f"out{target.endings[0]}"
    with pytest.raises(UsageError) as raised:
        Document.of_array(scene()).save(path, provenance={"a": 1})
    assert raised.value.field == "format"
    assert not path.exists()
