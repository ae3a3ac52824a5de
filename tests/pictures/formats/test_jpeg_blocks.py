"""With the extra `jpeg`, a JPEG moves beside the hole only."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.ndimage import binary_dilation

from deepgin.pictures import Document
from deepgin.pictures.formats import jpeg_blocks

from .test_jpeg import KINDS, a_hole, difference, filled, scene, write

with_extra = pytest.mark.skipif(not jpeg_blocks.blocks_keepable(), reason="needs the extra jpeg")


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
@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("kind", KINDS)
def test_blocks_stay_in_a_larger_picture(tmp_path, kind, orientation):
    document = write(tmp_path / "in.jpg", kind, 48, 80, orientation)
    grown = document.extended(16, 32, 5, 0).extended(16, 0, 0, 0)
    hole = np.ones(grown.size[::-1], np.bool_)
    hole[32:, 32:-5] = False
    result = grown.filled(np.full((*hole.shape, 3), 90, np.uint8), hole)
    (note,) = result.save(tmp_path / "out.jpg")
    assert Document.open(tmp_path / "out.jpg").size == grown.size
    found = difference(tmp_path / "out.jpg", result)
    as_written = {("4:2:2", 6): "4:4:0", ("4:4:0", 6): "4:2:2"}.get((kind, orientation), kind)
    if as_written in ("4:4:0", "4:1:1", "YCCK"):  # Pillow codes no new blocks like these
        assert "outside the hole" in note
        assert found[~hole].mean() < 2
        return
    assert "beside the hole" in note
    # A block of 16 x 16 at the right goes on into the new part, and colour is smoothed beside it.
    away = np.zeros_like(hole)
    away[33:, 33:-22] = True
    assert found[away].max() <= (4 if orientation == 6 else 0)
    assert found[hole].mean() < 12


@with_extra
def test_blocks_that_cannot_lie_as_they_did_are_coded_finely(tmp_path):
    document = write(tmp_path / "in.jpg", "4:2:0", 48, 80, quality=30)
    grown = document.extended(8, 0, 0, 0)
    (note,) = grown.save(tmp_path / "out.jpg")
    assert "outside the hole" in note
    assert difference(tmp_path / "out.jpg", grown)[:, 8:].mean() < 1


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
