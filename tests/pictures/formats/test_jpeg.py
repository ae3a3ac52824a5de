"""JPEG of every kind moves as little as can be, and is coded as it was."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, JpegImagePlugin

from deepgin.pictures import Document
from deepgin.pictures.formats import jpeg_blocks

from ..builders import exif_of


@pytest.fixture
def without_extra(monkeypatch):
    monkeypatch.setattr(jpeg_blocks, "_library", lambda: None)


def scene(height, width):
    """A picture with slopes, waves, a little noise, and parts that are clipped."""
    rows, columns = np.mgrid[:height, :width]
    pixels = np.stack([60 + rows, 50 + columns, 200 - rows - columns // 2], 2).astype(float)
    pixels += 60 * np.sin(rows / 5 + columns / 9)[..., None]
    pixels += np.random.default_rng(0).normal(0, 6, pixels.shape)
    return pixels.clip(0, 255).astype(np.uint8)


def frame(file):
    """Return where the number of components stands in the frame's head."""
    return next(file.index(mark) + 9 for mark in (b"\xff\xc0\0", b"\xff\xc2\0") if mark in file)


def with_byte(file, place, value):
    return file[:place] + bytes([value]) + file[place + 1 :]


# Pillow writes no such files. As many blocks in other places are as valid a picture.
def first_as(factors):
    return lambda file: with_byte(file, frame(file) + 2, factors)


def without_adobe(file):
    place = file.index(b"\xff\xee\0\x0eAdobe")
    return file[:place] + file[place + 16 :]


def ycck(file):
    """Four components become brightness, two colours and black, of tables 0, 1, 1, 0."""
    file = with_byte(file, file.index(b"\xff\xee\0\x0eAdobe") + 15, 2)
    return with_byte(file, frame(file) + 12, 0)


FINE = [4 + i // 8 + i % 8 for i in range(64)]
ROUGH = [9 + 2 * (i // 8 + i % 8) for i in range(64)]
KINDS = {
    "4:4:4": ("RGB", {"subsampling": 0}, bytes),
    "4:2:2": ("RGB", {"subsampling": 1}, bytes),
    "4:2:0": ("RGB", {"subsampling": 2}, bytes),
    "4:4:0": ("RGB", {"subsampling": 1}, first_as(0x12)),
    "4:1:1": ("RGB", {"subsampling": 2}, first_as(0x41)),
    "progressive": ("RGB", {"subsampling": 2, "progressive": True}, bytes),
    "optimised": ("RGB", {"subsampling": 2, "optimize": True}, bytes),
    "restarts": ("RGB", {"subsampling": 2, "restart_marker_blocks": 2}, bytes),
    "finest": ("RGB", {"subsampling": 0, "quality": 100}, bytes),
    "RGB": ("RGB", {"keep_rgb": True}, bytes),
    "RGB, unmarked": ("RGB", {"keep_rgb": True}, without_adobe),
    "grey": ("L", {}, bytes),
    "grey, progressive": ("L", {"progressive": True}, bytes),
    "CMYK": ("CMYK", {}, bytes),
    "YCCK": ("CMYK", {"qtables": [FINE, ROUGH]}, ycck),
}


def write(path, kind="4:2:0", height=93, width=61, orientation=1, **options):
    """Write a JPEG of that kind; return it as a document."""
    mode, own, change = KINDS[kind]
    if orientation != 1:
        options["exif"] = exif_of(orientation)
    file = BytesIO()
    pixels = Image.fromarray(scene(height, width)).convert(mode)
    options = own | options
    pixels.save(file, "JPEG", **({} if "qtables" in options else {"quality": 85}) | options)
    path.write_bytes(change(file.getvalue()))
    return Document.open(path)


def filled(document, hole):
    """Return the document with a slope in the hole."""
    rows, columns = np.mgrid[: hole.shape[0], : hole.shape[1]]
    return document.filled(np.stack([rows, columns, rows + columns], 2).astype(np.uint8), hole)


def a_hole(document):
    width, height = document.size
    hole = np.zeros((height, width), np.bool_)
    hole[10:19, 20:34] = True
    hole[-3:, -12:-4] = True  # in a block that the picture's edge cuts
    return hole


def difference(path, document):
    found = Document.open(path)
    assert found.mode == document.mode
    return np.abs(found.pixels.astype(int) - document.pixels)


@pytest.mark.parametrize("kind", KINDS)
def test_little_moves_without_the_extra(tmp_path, without_extra, kind):
    document = write(tmp_path / "in.jpg", kind)
    hole = a_hole(document)
    notes = filled(document, hole).save(tmp_path / "out.jpg")
    assert any("deepgin[jpeg]" in note for note in notes)
    limit = {"4:4:0": 0.9, "4:1:1": 0.8, "YCCK": 1.2}.get(kind, 0.65)
    assert difference(tmp_path / "out.jpg", document)[~hole].mean() < limit


@pytest.mark.parametrize("kind", ["4:4:0", "4:1:1"])
def test_what_pillow_cannot_halve_is_kept_whole(tmp_path, without_extra, kind):
    write(tmp_path / "in.jpg", kind).save(tmp_path / "out.jpg")
    with Image.open(tmp_path / "out.jpg") as image:
        assert JpegImagePlugin.get_sampling(image) == 0


def test_tables_are_those_of_the_components(tmp_path):
    assert write(tmp_path / "a.jpg", "YCCK").metadata.jpeg.tables == (tuple(FINE),)
    document = write(tmp_path / "b.jpg", "CMYK", qtables=[FINE, ROUGH])
    assert document.metadata.jpeg.tables == (tuple(FINE), tuple(ROUGH))
    assert write(tmp_path / "c.jpg", "RGB, unmarked").metadata.jpeg.keeps_rgb
    assert not write(tmp_path / "d.jpg", "4:4:4").metadata.jpeg.keeps_rgb


def test_colour_halved_in_height_is_halved_in_width_when_turned(tmp_path):
    document = write(tmp_path / "in.jpg", "4:4:0", 32, 32, orientation=8)
    assert document.metadata.jpeg.subsampling == 1


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("kind", ["4:2:0", "grey"])
def test_a_turned_picture_of_uneven_size(tmp_path, orientation, kind):
    document = write(tmp_path / "in.jpg", kind, 43, 61, orientation, quality=60)
    document.save(tmp_path / "out.jpg")
    # Only 5 leaves the first row and column first.
    limit = 1.6 if orientation == 5 else 1
    assert difference(tmp_path / "out.jpg", document).mean() < limit


def coding(path):
    with Image.open(path) as image:
        return (
            {key: list(table) for key, table in image.quantization.items()},
            JpegImagePlugin.get_sampling(image),
            bool(image.info.get("progressive")),
        )


@pytest.mark.parametrize(
    ("quality", "subsampling", "progressive"), [(30, 0, True), (75, 2, False), (95, 1, True)]
)
def test_a_jpeg_is_coded_as_it_was(tmp_path, quality, subsampling, progressive):
    options = {"quality": quality, "subsampling": subsampling, "progressive": progressive}
    write(tmp_path / "in.jpg", **options).save(tmp_path / "out.jpg")
    assert coding(tmp_path / "out.jpg") == coding(tmp_path / "in.jpg")


def test_a_new_jpeg_keeps_colours_whole_and_a_quality_takes_the_place_of_tables(tmp_path):
    Document.of_array(scene(48, 64)).save(tmp_path / "out.jpg")
    Image.fromarray(scene(48, 64)).save(tmp_path / "same.jpg", quality=95, subsampling=0)
    assert coding(tmp_path / "out.jpg") == coding(tmp_path / "same.jpg")
    write(tmp_path / "in.jpg", height=48, width=64, quality=30).save(tmp_path / "a.jpg", quality=90)
    Image.fromarray(scene(48, 64)).save(tmp_path / "b.jpg", quality=90, subsampling=2)
    assert coding(tmp_path / "a.jpg") == coding(tmp_path / "b.jpg")


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_tables_turn_with_the_picture(tmp_path, orientation):
    # One number for each row of a table: rows become columns.
    table = [4 + 4 * (i // 8) for i in range(64)]
    document = write(tmp_path / "in.jpg", "4:4:4", 48, 64, orientation, qtables=[table] * 2)
    document.save(tmp_path / "out.jpg")
    tables, subsampling, _ = coding(tmp_path / "out.jpg")
    assert tables[0] == [4 + 4 * (i % 8) for i in range(64)]
    assert subsampling == 0
    assert difference(tmp_path / "out.jpg", document).mean() < 0.5
