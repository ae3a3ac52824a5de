"""EXIF blocks made true in place, byte by byte."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from deepgin.pictures.metadata.exif import exif_of_size, true_exif

MAKER_NOTE = b"MakerNote \0\1\2" * 5
THUMBNAIL = b"\xff\xd8 a thumbnail that shows what was removed \xff\xd9"


def exif_block(order=">", orientation=6, thumbnail=THUMBNAIL, tail=b"after"):
    """An EXIF block made by hand: two folders, the second a thumbnail's."""
    pack = lambda form, *values: struct.pack(order + form, *values)
    entry = lambda tag, kind, count, value: pack("HHI", tag, kind, count) + value
    short = lambda value: pack("HH", value, 0)
    head = (b"II*\0" if order == "<" else b"MM\0*") + pack("I", 8)
    at_exif = 8 + 2 + 12 * 4 + 4
    at_second = at_exif + 2 + 12 * 3 + 4
    at_data = at_second + 2 + 12 * 2 + 4
    first = [
        entry(0x0100, 4, 1, pack("I", 9)),
        entry(0x0101, 4, 1, pack("I", 7)),
        entry(0x0112, 3, 1, short(orientation)),
        entry(0x8769, 4, 1, pack("I", at_exif)),
    ]
    exif = [
        entry(0x927C, 7, len(MAKER_NOTE), pack("I", at_data)),
        entry(0xA002, 3, 1, short(9)),
        entry(0xA003, 4, 1, pack("I", 7)),
    ]
    second = [
        entry(0x0201, 4, 1, pack("I", at_data + len(MAKER_NOTE))),
        entry(0x0202, 4, 1, pack("I", len(thumbnail))),
    ]
    folder = lambda entries, after: pack("H", len(entries)) + b"".join(entries) + pack("I", after)
    folders = folder(first, at_second) + folder(exif, 0) + folder(second, 0)
    return b"Exif\0\0" + head + folders + MAKER_NOTE + thumbnail + tail


def parsed(block):
    exif = Image.Exif()
    exif.load(block)
    return exif


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("prefix", [True, False])
def test_exif_is_made_true_in_place(order, prefix):
    block = exif_block(order)
    true = true_exif(block if prefix else block[6:], sideways=True)
    exif = parsed(true)
    assert len(true) == len(block)
    assert exif[0x0112] == 1
    assert (exif[0x0100], exif[0x0101]) == (7, 9)
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    assert (inner[0xA002], inner[0xA003], inner[0x927C]) == (7, 9, MAKER_NOTE)
    assert not exif.get_ifd(ExifTags.IFD.IFD1)
    assert b"thumbnail" not in true
    assert true.endswith(MAKER_NOTE + bytes(len(THUMBNAIL)) + b"after")


def test_exif_not_turned():
    exif = parsed(true_exif(exif_block()))
    assert (exif[0x0112], exif[0x0100], exif[0x0101]) == (1, 9, 7)
    assert parsed(true_exif(exif_block(), upright=False))[0x0112] == 6
    # A thumbnail at the end is cut off.
    assert true_exif(exif_block(tail=b"")).endswith(MAKER_NOTE)


@pytest.mark.parametrize("order", "<>")
def test_another_size(order):
    true = true_exif(exif_block(order))
    block = exif_of_size(true, (70000, 500))
    exif = parsed(block)
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    assert (exif[0x0100], exif[0x0101]) == (inner[0xA002], inner[0xA003]) == (70000, 500)
    assert inner[0x927C] == MAKER_NOTE
    assert len(block) == len(true)
    assert exif_of_size(b"", (9, 9)) == b""
    lost = true.replace(struct.pack(order + "I", 62), b"\xff" * 4)
    assert parsed(exif_of_size(lost, (500, 9)))[0x0100] == 500
    few = Image.Exif()
    few[0x010F] = "Maker"
    assert exif_of_size(true_exif(few.tobytes()), (9, 9)) == true_exif(few.tobytes())


def test_exif_without_thumbnail_stays_as_it_is():
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Maker", 1
    block = exif.tobytes()
    assert true_exif(block) == block


@pytest.mark.parametrize("length", range(0, 57, 7))
def test_damaged_exif(length):
    with pytest.raises(ValueError, match="damaged EXIF"):
        true_exif(exif_block()[: 6 + length], sideways=True)


@given(
    st.lists(st.tuples(st.integers(6, 250), st.integers(0, 255)), max_size=6), st.integers(6, 300)
)
def test_no_damage_raises_anything_else(changes, length):
    block = bytearray(exif_block())
    for at, value in changes:
        block[at % len(block)] = value
    with suppress(ValueError):
        assert len(true_exif(bytes(block[:length]), sideways=True)) <= length
