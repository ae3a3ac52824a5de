"""JPEG of every kind moves as little as can be, and with the extra `jpeg` only beside the hole."""

from dataclasses import replace
from io import BytesIO
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, JpegImagePlugin
from scipy.ndimage import binary_dilation

from deepgin.pictures import Document
from deepgin.pictures.formats import jpeg_blocks

with_extra = pytest.mark.skipif(not jpeg_blocks.blocks_keepable(), reason="needs the extra jpeg")


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
        options["exif"] = Image.Exif()
        options["exif"][0x0112] = orientation
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


def away_from(hole, path):
    """Return where nothing may differ: outside the blocks of the hole, and where these are smoothed
    into others as colour is enlarged.
    """
    with Image.open(path) as image:
        across, down = (max(layer[axis] for layer in image.layer) for axis in (1, 2))
    height, width = hole.shape
    unit = np.ones((8 * down, 8 * across), np.bool_)
    padded = np.pad(hole, ((0, -height % len(unit)), (0, -width % unit.shape[1])))
    parts = padded.reshape(-1, len(unit), padded.shape[1] // unit.shape[1], unit.shape[1])
    touched = np.kron(parts.any(axis=(1, 3)), unit)
    reached = binary_dilation(touched, np.ones((2 * down - 1, 2 * across - 1)))
    return ~reached[:height, :width]


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


@with_extra
@pytest.mark.parametrize("kind", KINDS)
def test_blocks_that_the_hole_does_not_touch(tmp_path, monkeypatch, kind):
    document = write(tmp_path / "in.jpg", kind)
    hole = a_hole(document)
    result = filled(document, hole)
    (note,) = result.save(tmp_path / "out.jpg")
    assert "beside the hole" in note
    found = difference(tmp_path / "out.jpg", result)
    away = away_from(hole, tmp_path / "in.jpg")
    assert away.mean() > 0.3
    assert found[away].max() == 0
    with Image.open(tmp_path / "in.jpg") as given, Image.open(tmp_path / "out.jpg") as written:
        assert (given.layer, given.quantization) == (written.layer, written.quantization)
        for key in ("progressive", "adobe_transform"):
            assert given.info.get(key) == written.info.get(key)
    # The hole is filled no worse than by coding the whole picture, which in the last two takes
    # finer colours or tables.
    monkeypatch.setattr(jpeg_blocks, "_library", lambda: None)
    result.save(tmp_path / "plain.jpg")
    plain = difference(tmp_path / "plain.jpg", result)[hole].mean()
    assert found[hole].mean() < 1.2 * plain + (4 if kind in ("4:1:1", "YCCK") else 1)


@with_extra
@settings(max_examples=20)
@given(
    size=st.tuples(st.integers(1, 50), st.integers(1, 50)),
    corners=st.tuples(*[st.floats(0, 1)] * 4),
    kind=st.sampled_from(["4:4:4", "4:2:2", "4:2:0", "progressive", "grey", "CMYK"]),
    quality=st.integers(5, 100),
)
def test_blocks_of_drawn_pictures(tmp_path_factory, size, corners, kind, quality):
    folder = tmp_path_factory.mktemp("drawn")
    document = write(folder / "in.jpg", kind, *size, quality=quality)
    top, bottom = sorted(round(share * size[0]) for share in corners[:2])
    left, right = sorted(round(share * size[1]) for share in corners[2:])
    hole = np.zeros(size, np.bool_)
    hole[top:bottom, left:right] = True
    result = filled(document, hole)
    result.save(folder / "out.jpg")
    found = difference(folder / "out.jpg", result)
    assert found[away_from(hole, folder / "in.jpg")].max(initial=0) == 0


@with_extra
@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("kind", ["4:4:4", "4:2:0", "grey"])
def test_blocks_turn_with_the_picture(tmp_path, orientation, kind):
    document = write(tmp_path / "in.jpg", kind, 48, 80, orientation)
    hole = a_hole(document)
    result = filled(document, hole)
    (note,) = result.save(tmp_path / "out.jpg")
    assert "beside the hole" in note
    found = difference(tmp_path / "out.jpg", result)[away_from(hole, tmp_path / "out.jpg")]
    assert (found.max() <= 4, found.mean() < 0.5) == (True, True)
    with Image.open(tmp_path / "out.jpg") as written:
        assert written.getexif()[0x0112] == 1


@with_extra
def test_metadata_is_what_is_written_without_the_extra(tmp_path, monkeypatch):
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    told = {"exif": exif, "icc_profile": b"p" * 70000, "xmp": b"<x/>", "comment": b"hello"}
    document = write(tmp_path / "in.jpg", dpi=(72, 72), **told)
    document.save(tmp_path / "kept.jpg", provenance={"n": 1})
    monkeypatch.setattr(jpeg_blocks, "_library", lambda: None)
    document.save(tmp_path / "plain.jpg", provenance={"n": 1})
    with Image.open(tmp_path / "kept.jpg") as kept, Image.open(tmp_path / "plain.jpg") as plain:
        assert kept.applist == plain.applist
        assert len(kept.applist) > 5


@with_extra
def test_arithmetic_coding_becomes_huffman(tmp_path):
    import jpegio

    write(tmp_path / "in.jpg")
    jpeg = jpegio.read(tmp_path / "in.jpg")
    jpeg.arith_code = 1
    jpeg.write(tmp_path / "arithmetic.jpg")
    document = Document.open(tmp_path / "arithmetic.jpg")
    document.save(tmp_path / "out.jpg")
    assert difference(tmp_path / "out.jpg", document).max() == 0
    assert b"\xff\xc9" in (tmp_path / "arithmetic.jpg").read_bytes()
    assert b"\xff\xc9" not in (tmp_path / "out.jpg").read_bytes()


@with_extra
def test_the_first_of_a_phones_two_pictures(tmp_path):
    first = Image.fromarray(scene(40, 56))
    first.save(tmp_path / "in.jpg", "MPO", save_all=True, append_images=[first.rotate(180)])
    document = Document.open(tmp_path / "in.jpg")
    document.save(tmp_path / "out.jpg")
    assert Document.open(tmp_path / "out.jpg").format == "JPEG"
    assert difference(tmp_path / "out.jpg", document).max() == 0


@with_extra
def test_a_picture_given_in_python(tmp_path):
    document = write(tmp_path / "in.jpg", orientation=6)
    with Image.open(tmp_path / "in.jpg") as image:
        own = Document.of(image)  # as its pixels stand
    assert own.size == document.size[::-1]
    own.save(tmp_path / "out.jpg")
    with Image.open(tmp_path / "out.jpg") as written:
        assert written.getexif()[0x0112] == 6
        np.testing.assert_array_equal(np.asarray(written), own.pixels)


def test_a_quality_or_another_size_codes_all_anew(tmp_path):
    document = write(tmp_path / "in.jpg")
    (note,) = document.save(tmp_path / "a.jpg", quality=90)
    assert "outside the hole" in note
    smaller = replace(document, pixels=document.pixels[:40])
    assert any("outside the hole" in note for note in smaller.save(tmp_path / "b.jpg"))
    assert Document.open(tmp_path / "b.jpg").size == (61, 40)


class Damaged(SimpleNamespace):
    """Coefficients that are written otherwise than they were read."""

    def write(self, path):
        Image.new("RGB", (61, 93)).save(path, "JPEG")


def a_library(path):
    component = SimpleNamespace(v_samp_factor=1, h_samp_factor=1, quant_tbl_no=0)
    return Damaged(
        comp_info=[component],
        coef_arrays=[np.zeros((96, 64), np.intc)],
        max_v_samp_factor=1,
        max_h_samp_factor=1,
        jpeg_color_space=3,
        markers=[],
    )


def refusing(path):
    raise RuntimeError("Unsupported marker type 0xc9")


@pytest.mark.parametrize("read", [a_library, refusing])
def test_where_the_library_fails_all_is_coded_anew(tmp_path, monkeypatch, read):
    monkeypatch.setattr(jpeg_blocks, "_library", lambda: SimpleNamespace(read=read))
    document = write(tmp_path / "in.jpg")
    (note,) = document.save(tmp_path / "out.jpg")
    assert "outside the hole" in note
    assert difference(tmp_path / "out.jpg", document).mean() < 1.6
